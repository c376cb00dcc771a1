--- exact
create publication fresh;
--- exact
create publication fresh for all tables with (publish = 'truncate', publish_via_partition_root);
--- exact
create publication fresh for table shop.orders (id, customer) where (id > 0), shop.loner; comment on publication fresh is 'x';
--- exact
drop publication news;
--- exact
drop publication everything;
--- exact
alter publication news add table shop.orders;
--- exact
alter publication news drop table shop.referenced;
--- exact
alter publication news drop table shop.plain;
--- exact
alter publication news set table shop.orders, shop.plain;
--- exact
alter publication news set table shop.plain (a), shop.referenced where (x > 5 and y < 3);
--- exact
alter publication news set table shop.plain, shop.referenced;
--- exact
alter publication everything add tables in schema shop;
--- exact
alter publication everything drop tables in schema stock;
--- exact
alter publication news set (publish = 'delete, truncate');
--- exact
alter publication news set (publish_via_partition_root = true);
--- exact from 18
alter publication news set (publish_generated_columns = stored);
--- exact
alter publication news rename to updates;
--- exact
alter publication news owner to postgres;
--- exact
comment on publication news is 'x';
--- exact
create subscription fresh connection 'host=nowhere' publication p with (connect = false, slot_name = none, enabled = false);
--- lossy kept: values of column extended.items.embedding
drop extension vector cascade;
--- lossy kept: rows of extended.items
drop table extended.items; drop extension vector;
--- lossy kept: values of column extended.items.embedding
drop extension vector cascade; create extension vector schema stock; create table stock.items (embedding stock.vector(3)); create index on stock.items using hnsw (embedding stock.vector_l2_ops);
--- exact
alter extension vector set schema stock;
--- exact
alter extension vector drop function extended.vector_dims(extended.vector);
--- refused: pg_dump does not write
alter extension vector drop function extended.vector_dims(extended.vector); drop function extended.vector_dims(extended.vector);
--- exact
comment on extension vector is null;
--- exact
create table shop.fresh (embedding extended.vector(3) default '[1,2,3]'); create function shop.fresh(extended.vector) returns extended.vector language sql as 'select $1';
--- exact
comment on extension plpgsql is 'other';
--- exact
alter extension plpgsql add function shop.twice(integer);
