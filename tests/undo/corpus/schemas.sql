--- exact
create schema fresh;
--- exact
create schema fresh authorization undo_owner create table t (a integer) create view v as select * from t grant select on t to undo_reader;
--- exact
create schema if not exists shop;
--- exact
drop schema empty;
--- exact
drop publication everything; drop schema stock;
--- lossy: rows of shop.orders
drop schema shop cascade;
--- exact
alter schema shop rename to store;
--- exact
alter schema stock rename to depot; create schema stock;
--- exact
alter schema shop rename to a; alter schema stock rename to shop; alter schema a rename to stock;
--- exact
alter schema shop owner to undo_writer;
--- exact
alter schema stock owner to undo_owner;
--- exact
comment on schema stock is 'x';
--- exact
comment on schema shop is null;
--- exact
comment on schema public is 'for all';
--- exact
alter schema shop rename to store; create table store.fresh (a integer); alter table store.plain rename to p; alter table store.p set schema stock; alter schema store owner to undo_reader;
--- exact
drop schema empty; create schema empty authorization undo_owner;
--- exact
create schema fresh; alter type shop.color set schema fresh; alter function shop.twice(integer) set schema fresh; alter view shop.cheap set schema fresh; alter sequence shop.free set schema fresh;
--- exact
drop schema empty; alter schema stock rename to empty;
--- exact
alter schema stock rename to x; alter schema empty rename to stock; alter table shop.plain set schema stock; alter table stock.plain set schema x;
