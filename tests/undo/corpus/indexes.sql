--- exact
create index on shop.plain (a);
--- exact
create unique index plain_a on shop.plain using btree (a desc nulls last) include (b) with (fillfactor = 60) where a > 0;
--- exact
create index on shop.orders using gin (tags);
--- exact
create index on shop.plain (lower(b) collate "C" text_pattern_ops);
--- exact
create index if not exists orders_customer on shop.orders (customer);
--- exact
create index plain_b on shop.plain (shop.twice(a)); comment on index shop.plain_b is 'doubled';
--- exact
drop index shop.orders_customer;
--- exact
drop index shop.customers_name;
--- exact
drop index shop.customers_score;
--- exact
drop index shop.sums_customer;
--- exact
drop index shop.customers_name, shop.customers_score;
--- exact
drop index if exists shop.not_there;
--- exact
drop index shop.customers_name; create index customers_name on shop.customers (upper(name));
--- exact
alter index shop.customers_name rename to by_name;
--- exact
alter index shop.orders_pkey rename to orders_primary;
--- exact
alter index shop.customers_name rename to x; alter index shop.customers_score rename to customers_name; alter index shop.x rename to customers_score;
--- exact
alter index shop.customers_name set (fillfactor = 50);
--- exact
alter index shop.customers_name alter column 1 set statistics 333;
--- exact
comment on index shop.customers_name is 'other';
--- exact
comment on index shop.customers_name is null;
--- exact
alter index shop.customers_name depends on extension plpgsql;
--- exact
cluster shop.orders using orders_pkey;
--- exact
reindex table shop.orders;
--- exact
create statistics shop.s (ndistinct, mcv) on a, b from shop.plain;
--- exact
create statistics on lower(b), a from shop.plain;
--- exact
drop statistics shop.customers_statistics;
--- exact
alter statistics shop.customers_statistics rename to stats;
--- exact
alter statistics shop.customers_statistics set schema stock;
--- exact
alter statistics shop.customers_statistics set statistics 77;
--- exact
alter statistics shop.customers_statistics owner to undo_writer;
--- exact
comment on statistics shop.customers_statistics is 'told';
