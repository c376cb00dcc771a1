--- exact
create table shop.fresh (a integer, b text) partition by range (a);
--- exact
create table shop.fresh (a integer, b text) partition by list (lower(b)); create table shop.fresh_a partition of shop.fresh for values in ('a'); create table shop.fresh_rest partition of shop.fresh default; create index on shop.fresh (a);
--- exact
create table shop.fresh (a integer primary key) partition by hash (a); create table shop.fresh_0 partition of shop.fresh for values with (modulus 1, remainder 0); create table shop.refers (a integer references shop.fresh);
--- exact
create table shop.events_2027 partition of shop.events for values from ('2027-01-01') to ('2028-01-01');
--- exact
create table shop.events_2027 partition of shop.events (what default 'z', check (id > 10)) for values from ('2027-01-01') to ('2028-01-01'); create index on shop.events_2027 (id); comment on table shop.events_2027 is 'x';
--- exact
create table shop.events_2027 partition of shop.events for values from ('2027-01-01') to ('2028-01-01') partition by list (id); create table shop.events_2027_1 partition of shop.events_2027 for values in (1);
--- exact
alter table shop.events attach partition shop.events_2026 for values from ('2026-01-01') to ('2027-01-01');
--- exact
create table shop.fresh (like shop.events including all); alter table shop.events attach partition shop.fresh for values from ('2026-01-01') to ('2027-01-01');
--- exact
alter table shop.events_2026 drop constraint events_2026_pkey; alter table shop.events attach partition shop.events_2026 for values from ('2026-01-01') to ('2027-01-01');
--- exact
alter table shop.events detach partition shop.events_2024;
--- exact
alter table shop.events detach partition shop.events_rest;
--- exact
alter table shop.events detach partition shop.events_2025; alter table shop.events_2025 rename to old_events;
--- exact
alter table shop.lists detach partition shop.lists_ab;
--- exact
alter table shop.lists_ab detach partition shop.lists_ab_1;
--- lossy kept: rows of shop.events_2024
alter table shop.events detach partition shop.events_2024; drop table shop.events_2024;
--- lossy kept: rows of shop.events_2025
alter table shop.events detach partition shop.events_2025; drop table shop.events_2025;
--- lossy kept: rows of shop.events_rest
alter table shop.events detach partition shop.events_rest; drop table shop.events_rest;
--- lossy kept: rows of shop.events_2024
drop table shop.noted; drop table shop.events;
--- lossy kept: rows of shop.lists_ab_0
drop table shop.lists;
--- lossy kept: rows of shop.lists_ab_1
drop table shop.lists_ab;
--- lossy kept: rows of shop.lists_ab_0
drop table shop.lists_ab_0; create table shop.lists_ab_0 partition of shop.lists_ab for values with (modulus 2, remainder 0);
--- exact
alter table shop.events add column more text;
--- exact
alter table shop.events add column more integer not null default 1 check (more > 0);
--- lossy kept: values of column shop.events.what
alter table shop.events drop column what;
--- exact
alter table shop.events rename what to which;
--- exact
alter table shop.events rename to happenings;
--- exact
alter table shop.events_2024 rename to y2024;
--- exact
alter table shop.events set schema stock;
--- exact
alter table shop.events_2024 set schema stock;
--- exact
alter table shop.events owner to undo_owner;
--- exact
alter table shop.events_2024 owner to undo_owner;
--- lossy kept: values of column shop.events_2024.what
alter table shop.events alter column what type varchar(20);
--- exact
alter table shop.events alter column what set default 'q';
--- exact
alter table only shop.events alter column what set default 'q';
--- exact
alter table shop.events_2024 alter column what set default 'q';
--- exact
alter table shop.events_2024 alter column what drop default;
--- exact
alter table shop.events alter column what drop default;
--- exact
update shop.events set what = 'x' where false; alter table shop.events alter column what set not null;
--- exact
alter table shop.events_2024 alter column what set not null;
--- exact
alter table shop.events add constraint fresh check (id < 1000);
--- exact
alter table shop.events_2024 add constraint fresh check (id < 1000);
--- exact
alter table shop.events_2024 add constraint fresh check (id < 1000); alter table shop.events add constraint fresh check (id < 1000);
--- exact
alter table shop.events drop constraint events_what;
--- exact
alter table shop.events_2025 drop constraint events_2025_id;
--- exact
alter table shop.events rename constraint events_what to said;
--- exact
alter table shop.events drop constraint events_pkey cascade;
--- exact
alter table shop.events add unique (at, what);
--- exact from 18
alter table shop.events add foreign key (id) references shop.orders on delete cascade not valid;
--- exact
delete from shop.events where false; alter table shop.events_2024 add foreign key (id) references shop.orders;
--- exact
alter table shop.noted drop constraint noted_event_at_fkey;
--- exact
create table shop.notes (event integer, at date, foreign key (event, at) references shop.events);
--- exact
create index on shop.events (id);
--- exact
create index events_id on only shop.events (id);
--- exact
create index events_id on only shop.events (id); create index events_2024_id on shop.events_2024 (id); alter index shop.events_id attach partition shop.events_2024_id;
--- exact
create index events_2024_id on shop.events_2024 (id); create index events_id on shop.events (id);
--- exact
drop index shop.events_what_index;
--- exact
alter index shop.events_what_index rename to said;
--- exact
alter index shop.events_2024_what_idx rename to said;
--- exact
create index on shop.events_2024 (what, id);
--- exact
create trigger fresh after insert on shop.events for each row execute function shop.touch();
--- exact
create trigger fresh after insert on shop.events_2024 for each row execute function shop.touch();
--- exact
drop trigger events_touched on shop.events;
--- exact
alter trigger events_touched on shop.events rename to moved;
--- exact
alter table shop.events disable trigger events_touched;
--- exact
alter table shop.events_2024 disable trigger events_touched;
--- exact
create or replace trigger events_touched after update on shop.events for each row execute function shop.touch();
--- exact
comment on table shop.events is 'x'; comment on column shop.events_2024.what is 'y';
--- exact
grant select on shop.events to undo_reader; grant insert on shop.events_2024 to undo_writer;
--- exact
alter table shop.events enable row level security; create policy p on shop.events using (id > 0);
--- exact
alter table shop.events_2024 set (fillfactor = 50);
--- exact
create table shop.fresh (a integer generated always as identity, b text) partition by range (a); create table shop.fresh_1 partition of shop.fresh for values from (1) to (10);
--- exact
alter table shop.events replica identity full;
--- exact
create statistics shop.s on id, at from shop.events;
--- exact
alter table shop.events attach partition shop.events_2026 for values from ('2026-01-01') to ('2027-01-01'); alter table shop.events detach partition shop.events_2024; alter table shop.events add column more text;
--- exact
alter table shop.events detach partition shop.events_2025; create table shop.early partition of shop.events for values from ('2025-01-01') to ('2025-07-01'); 
--- exact
create table shop.fresh (k integer, v integer) partition by range (k); create table shop.old (k integer, v integer); alter table shop.fresh attach partition shop.old default;
--- exact
create table shop.fresh (a integer, b text, c numeric(10, 2), d date, e boolean not null default false) partition by list (a); alter table shop.fresh attach partition shop.plain default;
--- exact
create foreign table shop.far partition of shop.lists for values in ('f') server cabinet;
