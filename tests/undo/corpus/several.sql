--- exact
do $$begin execute 'create table shop.fresh (a integer)'; execute 'create index on shop.fresh (a)'; end$$;
--- exact
do $$declare t record; begin for t in select relname from pg_class where relnamespace = 'shop'::regnamespace and relkind = 'r' loop execute format('grant select on shop.%I to undo_writer', t.relname); end loop; end$$;
--- exact
create table shop.a (id integer primary key); create table shop.b (a integer references shop.a); create view shop.ab as select * from shop.a join shop.b on a = id; create function shop.f() returns setof shop.ab language sql as 'select * from shop.ab'; create materialized view shop.m as select * from shop.f();
--- exact
alter table shop.orders rename to purchases; alter table shop.purchases rename amount to price; create or replace view shop.cheap as select id, customer, price as amount from shop.purchases where price < 3; create table shop.orders (id integer);
--- exact
drop view shop.cheap cascade; alter table shop.orders rename amount to price; create view shop.cheap as select id, price from shop.orders; create view shop.cheaper as select id from shop.cheap; grant select on shop.cheap to public;
--- lossy kept: values of column shop.orders.amount
drop trigger audited on shop.orders; drop view shop.cheap cascade; drop rule no_delete on shop.orders; drop policy writing on shop.orders; drop materialized view shop.sums; alter table shop.orders alter column amount type float8; create view shop.cheap as select id, customer, amount from shop.orders;
--- lossy kept: values of column shop.customers.note
alter table shop.customers add column remark text; update shop.customers set remark = note; alter table shop.customers drop column note;
--- exact
create function shop.fresh() returns trigger language plpgsql as $$begin return new; end$$; drop trigger touched on shop.orders; create trigger touched before insert on shop.orders for each row execute function shop.fresh();
--- exact
create or replace function shop.greet(name text, greeting text default 'x') returns text language plpgsql stable as 'begin return shop.fresh2(); end'; create function shop.fresh2() returns text language sql as $$select 'a'$$;
--- exact
create schema fresh; create table fresh.t (a shop.color); create view fresh.v as select * from fresh.t; alter table fresh.t owner to undo_owner; grant usage on schema fresh to undo_reader;
--- exact
create type shop.fresh as enum ('x'); create function shop.f(shop.fresh) returns shop.fresh language sql as 'select $1'; create table shop.t (a shop.fresh default shop.f('x')); create domain shop.d as shop.fresh;
--- exact
drop function shop.greet(text, text); create function shop.greet(name text, greeting text, mark text default '!') returns text language sql as 'select name';
--- exact
drop policy own on shop.orders; drop policy writing on shop.orders; alter table shop.orders disable row level security; drop rule no_delete on shop.orders; drop trigger touched on shop.orders;
--- exact
create table shop.fresh (a integer); alter table shop.fresh rename to other; alter table shop.other add column b text; create index on shop.other (b); drop table shop.other;
--- exact
savepoint s; create table shop.fresh (a integer); rollback to s; create table shop.second (a integer);
--- lossy kept: rows of shop.empty_one
drop table shop.empty_one; create view shop.empty_one as select 1 as a;
--- exact
drop view shop.cheaper; create table shop.cheaper (id integer);
--- exact
alter function shop.twice(integer) rename to old_twice; create function shop.twice(n integer) returns integer language sql immutable as 'select n * 2'; alter table shop.scratch alter column n set default shop.twice(3);
--- exact
alter table shop.plain rename to x; alter table shop.x set schema stock; alter table stock.x owner to undo_owner; comment on table stock.x is 'moved'; grant select on stock.x to public; alter table stock.x rename a to aa;
--- exact
create view shop.fresh as select shop.twice(1); create or replace function shop.twice(n integer) returns integer language sql immutable as 'select 5';
--- exact
select 1;
--- exact
set local work_mem = '1MB'; notify something; listen something;
