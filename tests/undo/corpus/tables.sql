--- exact
create table shop.new (a integer);
--- exact
create table shop.new (a integer primary key, b text unique, c serial, d integer generated always as identity, e integer generated always as (a + 1) stored, check (a > 0));
--- exact
create table shop.new (like shop.orders including all);
--- exact
create table shop.new as select * from shop.orders;
--- exact
create table shop.new as select 1 as one with no data;
--- exact
select * into shop.new from shop.plain;
--- exact
create unlogged table shop.new (a integer) with (fillfactor = 50);
--- exact
create table if not exists shop.orders (a integer);
--- exact
create table if not exists shop.new (a integer references shop.orders, b shop.color, c shop.address);
--- exact
create table shop.new of shop.pair (primary key (one));
--- exact
create table shop.new (a integer); create index on shop.new (a); comment on table shop.new is 'new'; grant select on shop.new to undo_reader; alter table shop.new owner to undo_owner;
--- exact
create table shop.one (id integer primary key, other integer); create table shop.two (id integer primary key, one integer references shop.one); alter table shop.one add foreign key (other) references shop.two;
--- exact
create table shop.self (id integer primary key, above integer references shop.self);
--- exact
create table shop.new (a integer); alter table shop.new enable row level security; create policy p on shop.new using (true);
--- exact
create table shop.new (a integer, b integer, exclude using gist (int4range(a, b) with &&));
--- exact
create table public."Odd ""Name""" ("A" integer, "table" text);
--- exact
create table public."Odd ""Name""" ("A" integer); alter table public."Odd ""Name""" rename "A" to "b.c";
--- lossy kept: rows of shop.plain
alter publication news drop table shop.plain; drop table shop.plain cascade;
--- lossy: rows of shop.orders
drop table shop.orders cascade;
--- refused kept: rows of shop.customers
drop table shop.customers cascade;
--- lossy kept: rows of shop.referencing
drop table shop.referencing, shop.referenced;
--- lossy kept: rows of shop.booked
drop table shop.booked;
--- lossy kept: rows of shop.scratch
drop table shop.scratch;
--- lossy kept: rows of shop.typed
drop table shop.typed;
--- lossy kept: rows of public."Shop Things"
drop table "Shop Things";
--- lossy kept: rows of shop.empty_one
drop table if exists shop.empty_one, shop.not_there;
--- lossy kept: rows of shop.stacked
drop table shop.stacked;
--- lossy kept: rows of shop.empty_one
drop table shop.empty_one; create table shop.empty_one (a text);
--- lossy: rows of shop.orders
drop table shop.orders cascade; create table shop.orders (id integer primary key, other text);
--- exact
alter table shop.plain rename to simple;
--- exact
alter table shop.orders rename to purchases;
--- exact
alter table shop.plain rename to between_; alter table shop.referenced rename to plain; alter table shop.between_ rename to referenced;
--- exact
alter table shop.plain rename to old_plain; create table shop.plain (a integer);
--- exact
alter table shop.plain set schema stock;
--- exact
alter table shop.orders set schema stock;
--- exact
alter table shop.customers set schema empty; alter table empty.customers rename to clients;
--- exact
create schema fresh; alter table shop.plain set schema fresh;
--- exact
create schema fresh; alter table shop.orders set schema fresh; alter table fresh.orders rename to o; alter table fresh.o rename amount to value;
--- exact
alter table shop.plain owner to undo_owner;
--- exact
alter table shop.orders owner to undo_writer;
--- exact
alter table shop.customers owner to undo_writer;
--- exact
alter table shop.plain set (fillfactor = 70, autovacuum_enabled = off);
--- exact
alter table shop.orders set (fillfactor = 70);
--- exact
alter table shop.orders reset (fillfactor, autovacuum_enabled);
--- exact
alter table shop.orders set (toast.autovacuum_enabled = true, toast.autovacuum_vacuum_threshold = 100);
--- exact
alter table shop.orders reset (toast.autovacuum_enabled);
--- exact
alter table shop.loner set unlogged;
--- exact
alter table shop.scratch set logged;
--- exact
alter table shop.plain replica identity full;
--- exact
alter table shop.plain replica identity nothing;
--- exact
alter table shop.referenced replica identity using index referenced_key;
--- exact
alter table shop.orders replica identity using index orders_pkey;
--- exact
alter table shop.orders set without cluster;
--- exact
alter table shop.orders cluster on orders_pkey;
--- exact
alter table shop.plain set without cluster;
--- exact
alter table shop.plain enable row level security, force row level security;
--- exact
alter table shop.orders disable row level security;
--- exact
alter table shop.orders force row level security;
--- exact
alter table shop.stacked set access method heap;
--- exact
alter table shop.plain set access method stack;
--- exact
alter table shop.typed not of;
--- exact
create table shop.like_pair (one integer, two integer); alter table shop.like_pair of shop.pair;
--- exact
alter table shop.plain set tablespace pg_default;
--- exact
lock table shop.plain; select 1;
--- exact
alter table if exists shop.not_there rename to x;
--- exact
alter table shop.plain add column f integer, alter column a set default 5, alter column b set not null, add constraint a_positive check (a > 0), set (fillfactor = 60);
--- exact
create table shop.new (a integer); drop table shop.new;
--- exact
analyze shop.plain;
--- exact
alter table shop.plain set schema stock; alter table shop.loner rename to plain;
--- exact
create table stock.plain (z integer); alter table shop.plain rename to x; alter table shop.x set schema stock; alter table stock.plain rename to y; alter table stock.x rename to plain;
--- exact
alter table shop.plain set schema stock; alter table stock.plain rename to loner;
--- exact
alter table shop.plain set schema empty; alter table shop.loner set schema stock; alter table empty.plain rename to loner; alter table stock.loner rename to plain; alter table empty.loner set schema shop; alter table stock.plain set schema shop;
