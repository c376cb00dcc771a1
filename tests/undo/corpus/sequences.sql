--- exact
create sequence shop.fresh;
--- exact
create sequence shop.fresh as smallint increment -1 minvalue -100 maxvalue 100 start 50 cache 2 cycle owned by shop.plain.a;
--- exact
create unlogged sequence shop.fresh;
--- exact
drop sequence shop.numbers;
--- exact
drop sequence shop.free;
--- exact
drop sequence shop.orders_id_seq cascade;
--- exact
alter sequence shop.numbers increment 7 maxvalue 20000 cycle cache 1;
--- exact
alter sequence shop.numbers as bigint;
--- exact
alter sequence shop.numbers rename to digits;
--- exact
alter sequence shop.numbers set schema stock;
--- exact
alter sequence shop.numbers owner to undo_owner;
--- exact
alter sequence shop.numbers owned by shop.plain.a;
--- exact
alter sequence shop.orders_id_seq owned by none;
--- exact
alter sequence shop.orders_id_seq owned by shop.orders.customer;
--- exact
alter sequence shop.orders_id_seq rename to order_numbers;
--- exact
alter sequence shop.free set unlogged;
--- exact
alter sequence shop.numbers minvalue 5 start 20 no cycle;
--- lossy: position of sequence
alter sequence shop.numbers restart with 50;
--- exact
comment on sequence shop.free is null;
--- exact
grant select, usage on sequence shop.numbers to undo_reader;
--- exact
revoke usage on sequence shop.free from undo_reader;
--- exact
alter sequence shop.customers_id_seq increment 4;
