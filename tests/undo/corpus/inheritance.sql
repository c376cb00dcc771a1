--- exact
create table shop.fresh (z integer) inherits (shop.parent);
--- exact
create table shop.fresh (id integer, z integer) inherits (shop.parent, shop.plain);
--- exact
alter table shop.loner inherit shop.parent;
--- refused: own now
alter table shop.child no inherit shop.parent;
--- refused: own now
alter table shop.grandchild no inherit shop.child;
--- refused: own now
alter table shop.child no inherit shop.parent; alter table shop.loner inherit shop.parent;
--- exact
alter table shop.parent add column more_of_it text;
--- exact
alter table shop.parent add column more text;
--- exact
alter table shop.child add column z integer default 5 not null;
--- lossy: values of column shop.parent.extra
alter table shop.parent drop column extra;
--- lossy: values of column shop.child.more
alter table shop.child drop column more;
--- refused: own now
alter table only shop.parent drop column extra;
--- exact
alter table shop.parent rename extra to additional;
--- lossy kept: values of column shop.parent.extra
alter table shop.parent alter column extra type bigint;
--- exact
alter table shop.parent alter column kind set default 'y';
--- exact
alter table only shop.parent alter column kind set default 'y';
--- exact
alter table shop.child alter column kind set default 'y';
--- exact
alter table shop.parent alter column kind drop not null;
--- exact
alter table shop.parent add column q integer default 1; alter table shop.parent alter column q set not null;
--- exact
alter table shop.child alter column extra set default 4, alter column extra set statistics 30;
--- exact
alter table shop.parent add constraint fresh check (id > 0);
--- exact
alter table shop.parent add constraint fresh check (id > 0) no inherit;
--- exact
alter table shop.child add constraint fresh check (id > 0); alter table shop.parent add constraint fresh check (id > 0);
--- exact
alter table shop.parent add constraint fresh check (id > 0); alter table shop.parent rename constraint fresh to old; alter table shop.parent drop constraint old;
--- lossy kept: rows of shop.child
drop table shop.child cascade;
--- lossy kept: rows of shop.parent
drop table shop.parent cascade;
--- lossy kept: rows of shop.grandchild
drop table shop.grandchild;
--- exact
alter table shop.parent rename to elder;
--- exact
alter table shop.parent set schema stock; alter table shop.child owner to undo_owner;
--- exact
create table shop.above (id integer not null, kind text not null); alter table shop.parent inherit shop.above;
--- exact
create table shop.mixed (a integer) inherits (shop.child); alter table shop.mixed no inherit shop.child; drop table shop.mixed;
--- exact
alter table shop.parent drop constraint parent_pkey;
--- exact
comment on column shop.child.id is 'x'; grant select (id) on shop.child to undo_reader;
--- exact
alter table shop.parent add column g integer generated always as (id + 1) stored;
