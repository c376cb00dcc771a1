--- exact
create view shop.fresh as select 1 as one;
--- exact
create view shop.fresh (a, b) with (security_invoker = true) as select a, b from shop.plain where a > 0 with cascaded check option;
--- exact
create recursive view shop.fresh (n) as values (1) union all select n + 1 from fresh where n < 5;
--- exact
create view shop.one as select 1 as n; create view shop.two as select n from shop.one; comment on view shop.two is 'second'; grant select on shop.two to undo_reader;
--- exact
create or replace view shop.cheap as select id, customer, amount from shop.orders where amount < 100;
--- exact
create or replace view shop.cheap as select id, customer, amount, tags from shop.orders;
--- exact
create or replace view shop.cheaper as select id, 1 as more from shop.cheap;
--- exact
create or replace view shop.checked as select * from shop.plain where a > 1;
--- exact
create or replace view shop.cheap with (security_barrier) as select id, customer, amount from shop.orders;
--- exact
drop view shop.cheaper;
--- exact
drop view shop.cheap cascade;
--- exact
drop view shop.checked;
--- exact
drop view shop.cheap cascade; create view shop.cheap as select 1 as one;
--- exact
drop view if exists shop.not_there;
--- exact
alter view shop.cheap rename to lowest;
--- exact
alter view shop.cheap rename to lowest; create view shop.cheap as select 2 as two;
--- exact
alter view shop.cheap set schema stock;
--- exact
alter view shop.cheap owner to undo_owner;
--- exact
alter view shop.cheap set (security_invoker = true, check_option = 'local');
--- exact
alter view shop.checked reset (security_barrier);
--- exact
comment on view shop.cheap is null;
--- exact
comment on column shop.cheap.amount is 'less';
--- exact
revoke select on shop.cheap from undo_reader;
--- exact
create trigger inserting instead of insert on shop.cheap for each row execute function shop.touch();
--- exact
create rule ins as on insert to shop.cheap do instead nothing; create or replace view shop.cheap as select id, customer, amount, data from shop.orders;
--- exact
create materialized view shop.fresh as select * from shop.orders;
--- exact
create materialized view shop.fresh as select 1 as n with no data; create unique index on shop.fresh (n); refresh materialized view shop.fresh;
--- exact
drop materialized view shop.sums;
--- exact
drop materialized view shop.later;
--- exact
drop materialized view shop.sums; create materialized view shop.sums as select 1 as other;
--- exact
refresh materialized view shop.later;
--- exact
refresh materialized view shop.sums with no data;
--- exact
refresh materialized view shop.sums;
--- exact
alter materialized view shop.sums rename to totals;
--- exact
alter materialized view shop.sums set schema stock;
--- exact
alter materialized view shop.sums set (fillfactor = 50);
--- exact
alter materialized view shop.sums cluster on sums_customer;
--- exact
alter materialized view shop.sums owner to undo_reader;
