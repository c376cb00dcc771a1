--- exact
create type shop.fresh as enum ('a', 'b');
--- exact
create type shop.fresh as (a integer, b text);
--- exact
create type shop.fresh as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = shop.fresh_many);
--- exact
create type shop.fresh;
--- exact
create type shop.fresh; create function shop.fresh_in(cstring) returns shop.fresh language internal immutable strict as 'int4in'; create function shop.fresh_out(shop.fresh) returns cstring language internal immutable strict as 'int4out'; create type shop.fresh (input = shop.fresh_in, output = shop.fresh_out, like = integer);
--- exact
create domain shop.fresh as integer default 5 not null check (value > 0);
--- exact
create domain shop.fresh as shop.amount constraint more check (value > 1); grant usage on domain shop.fresh to undo_reader; comment on domain shop.fresh is 'x';
--- exact
create type shop.fresh as (a shop.color, b shop.amount[]); create table shop.t (f shop.fresh[]);
--- refused: label
alter type shop.unused add value 'three';
--- refused: label
alter type shop.color add value if not exists 'yellow' after 'red';
--- exact
alter type shop.color add value if not exists 'red';
--- exact
alter type shop.color rename value 'red' to 'crimson';
--- exact
alter type shop.color rename value 'red' to 'x'; alter type shop.color rename value 'blue' to 'red'; alter type shop.color rename value 'x' to 'blue';
--- exact
alter type shop.color rename to colour;
--- exact
alter type shop.color set schema stock;
--- exact
alter type shop.color owner to undo_owner;
--- exact
alter type shop.unused owner to undo_owner; grant usage on type shop.unused to undo_reader;
--- exact
drop type shop.unused;
--- exact
drop type shop.unused; create type shop.unused as enum ('other');
--- lossy kept: values of column shop.customers.color
drop statistics shop.customers_statistics; drop type shop.color cascade;
--- lossy kept: values of column shop.customers.address
drop type shop.address cascade;
--- exact
drop type shop.span;
--- exact
drop domain shop.code;
--- exact
alter type shop.address add attribute zip text;
--- lossy: values of attribute shop.pair.two
alter type shop.pair drop attribute two cascade;
--- lossy: values of attribute shop.address.town
alter type shop.address drop attribute town;
--- exact
alter type shop.address rename attribute town to city;
--- exact
alter type shop.address rename to place;
--- exact
alter type shop.address set schema stock;
--- exact
alter type shop.pair add attribute three integer cascade;
--- exact
alter type shop.pair rename attribute one to first cascade;
--- exact
alter type shop.span rename to stretch;
--- exact
alter type shop.span set schema stock;
--- exact
alter type shop.span owner to undo_owner;
--- exact
comment on type shop.color is null;
--- exact
comment on column shop.address.town is 'where';
--- exact
revoke usage on type shop.color from public;
--- exact
alter domain shop.amount set default 5;
--- exact
alter domain shop.amount drop default;
--- exact
alter domain shop.code drop not null;
--- exact
alter domain shop.amount set not null; 
--- exact
alter domain shop.amount rename to money;
--- exact
alter domain shop.amount set schema stock;
--- exact
alter domain shop.amount owner to undo_owner;
--- exact
comment on domain shop.amount is 'x';
--- lossy kept: values of column shop.customers.balance
drop view shop.cheap cascade; drop domain shop.amount cascade;
