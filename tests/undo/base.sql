-- The database on which the statements of the corpus run: one of everything, with rows, foreign owners,
-- grants and comments. The roles undo_owner, undo_reader, undo_writer and "Undo User" are there.

create schema shop authorization undo_owner;
comment on schema shop is 'what is sold';
grant usage on schema shop to undo_reader, undo_writer;
create schema stock;
create schema empty;
grant create on schema empty to undo_writer with grant option;
alter default privileges for role undo_owner in schema shop grant select on tables to undo_reader;
alter default privileges for role undo_owner grant execute on functions to undo_writer;
alter default privileges for role undo_owner revoke execute on functions from public;

alter default privileges in schema shop grant insert on tables to undo_writer;
alter default privileges in schema shop grant select on sequences to undo_reader;
alter default privileges grant execute on functions to undo_reader;
alter default privileges revoke execute on functions from public;
alter default privileges grant usage on types to undo_reader with grant option;

create type shop.color as enum ('red', 'green', 'blue');
comment on type shop.color is 'of things';
create type shop.unused as enum ('one', 'two');
create domain shop.amount as numeric(12, 2) default 0 constraint not_negative check (value >= 0);
comment on domain shop.amount is 'money';
comment on constraint not_negative on domain shop.amount is 'no debts';
create domain shop.code as text not null;
create type shop.address as (street text, town text collate "C");
create type shop.span as range (subtype = integer);
create type shop.pair as (one integer, two integer);

create function shop.twice(n integer) returns integer language sql immutable as 'select n * 2';
comment on function shop.twice(integer) is 'twice as much';
alter function shop.twice(integer) owner to undo_owner;
create function shop.greet(name text, greeting text default 'hello') returns text
    language sql stable as $$select greeting || ' ' || name$$;
grant execute on function shop.greet(text, text) to undo_reader;
create function shop.touch() returns trigger language plpgsql as $$begin return new; end$$;
create function shop.noticed() returns event_trigger language plpgsql as $$begin end$$;
create procedure shop.tidy() language plpgsql as $$begin perform 1; end$$;
create function shop.add(integer, integer) returns integer language sql immutable as 'select $1 + $2';
create aggregate shop.total(integer) (sfunc = shop.add, stype = integer, initcond = '0');
comment on aggregate shop.total(integer) is 'all of it';
create function shop.inlined(n integer) returns integer begin atomic select n + 1; end;

create sequence shop.numbers as integer increment 5 start 100 minvalue 10 maxvalue 10000 cache 3;
select setval('shop.numbers', 215);
create sequence shop.free;
comment on sequence shop.free is 'of charge';
grant usage on sequence shop.free to undo_reader;

create table shop.customers (
    id integer generated always as identity primary key,
    name text not null constraint named check (name <> ''),
    email varchar(200) unique,
    color shop.color default 'red',
    address shop.address,
    note text default 'none',
    balance shop.amount,
    score integer,
    full_name text generated always as (upper(name)) stored
);
comment on table shop.customers is 'who buys';
comment on column shop.customers.email is 'where to write to';
comment on constraint named on shop.customers is 'everybody has a name';
alter table shop.customers owner to undo_owner;
grant select on shop.customers to undo_reader;
grant select, insert, update (name, email) on shop.customers to undo_writer with grant option;
set role undo_writer;
grant select on shop.customers to "Undo User";
reset role;
alter table shop.customers alter column note set storage external;
alter table shop.customers alter column score set statistics 250;
alter table shop.customers alter column score set (n_distinct = 10);
create index customers_name on shop.customers (lower(name));
comment on index shop.customers_name is 'to look up';
create index customers_score on shop.customers (score) include (name) where score > 0;
create statistics shop.customers_statistics (dependencies) on color, score from shop.customers;

create table shop.orders (
    id serial primary key,
    customer integer not null references shop.customers on delete cascade,
    ordered_at timestamptz not null default now(),
    amount shop.amount not null default 1,
    tags text[],
    data jsonb default '{}',
    constraint orders_amount check (amount < 1000000),
    constraint orders_once unique (customer, ordered_at) deferrable
) with (fillfactor = 80, autovacuum_enabled = false, toast.autovacuum_enabled = false);
comment on table shop.orders is 'what is bought';
comment on column shop.orders.tags is 'labels';
grant select on shop.orders to undo_reader, undo_owner;
create index orders_customer on shop.orders (customer);
alter table shop.orders cluster on orders_customer;
create trigger touched before update on shop.orders for each row execute function shop.touch();
comment on trigger touched on shop.orders is 'keeps it fresh';
create trigger audited after insert on shop.orders for each row when (new.amount > 10) execute function shop.touch();
alter table shop.orders disable trigger audited;
create rule no_delete as on delete to shop.orders where old.amount > 100 do instead nothing;
comment on rule no_delete on shop.orders is 'they stay';
alter table shop.orders enable row level security;
create policy own on shop.orders for select to undo_reader using (customer > 0);
create policy writing on shop.orders to undo_writer using (amount > 0) with check (amount > 1);
comment on policy own on shop.orders is 'mine';

create table shop.plain (a integer, b text, c numeric(10, 2), d date, e boolean not null default false);
create table shop.referenced (x integer not null, y integer not null, z text, constraint referenced_key unique (x, y));
create table shop.referencing (
    id bigint primary key, x integer, y integer,
    constraint referencing_fk foreign key (x, y) references shop.referenced (x, y) match full
        on update cascade deferrable initially deferred
);
create table shop.booked (room integer, during int4range, constraint no_overlap exclude using gist (during with &&));
create unlogged table shop.scratch (n integer default shop.twice(2) check (shop.twice(n) > 0));
create table shop.typed of shop.pair (one primary key);
create table "Shop Things" ("Column One" integer primary key, "select" text);
comment on table "Shop Things" is 'it''s odd; isn''t it? \ here';
create table shop.empty_one (a integer, b integer not null);

create view shop.cheap as select id, customer, amount from shop.orders where amount < 10;
comment on view shop.cheap is 'for little';
comment on column shop.cheap.amount is 'little';
grant select on shop.cheap to undo_reader;
create view shop.cheaper as select id from shop.cheap where amount < 5;
create view shop.checked with (security_barrier) as select * from shop.plain where a > 0 with local check option;
alter view shop.checked alter column b set default 'viewed';
create materialized view shop.sums as select customer, sum(amount) as total from shop.orders group by customer;
create unique index sums_customer on shop.sums (customer);
create materialized view shop.later as select 1 as one with no data;
alter materialized view shop.sums owner to undo_owner;

create table shop.parent (id integer primary key, kind text not null default 'x', extra integer);
create table shop.child (more text) inherits (shop.parent);
create table shop.loner (id integer not null, kind text not null default 'x', extra integer, own text);
create table shop.grandchild (last text) inherits (shop.child);

create table shop.events (id integer not null, at date not null, what text default 'x', constraint events_what check (what <> ''))
    partition by range (at);
create table shop.events_2024 partition of shop.events for values from ('2024-01-01') to ('2025-01-01');
create table shop.events_2025 partition of shop.events (constraint events_2025_id check (id > 0))
    for values from ('2025-01-01') to ('2026-01-01');
create table shop.events_rest partition of shop.events default;
alter table shop.events add primary key (id, at);
create index events_what_index on shop.events (what);
comment on index shop.events_what_index is 'what it was';
create trigger events_touched before update on shop.events for each row execute function shop.touch();
create table shop.events_2026 (id integer not null, at date not null, what text default 'y');
alter table shop.events_2026 add constraint events_what check (what <> '');
alter table shop.events_2026 add primary key (id, at);
create table shop.lists (k text, v integer) partition by list (k);
create table shop.lists_ab partition of shop.lists for values in ('a', 'b') partition by hash (v);
create table shop.lists_ab_0 partition of shop.lists_ab for values with (modulus 2, remainder 0);
create table shop.lists_ab_1 partition of shop.lists_ab for values with (modulus 2, remainder 1);
create table shop.noted (event integer, at date, foreign key (event, at) references shop.events (id, at));

create foreign data wrapper paper options (kind 'ledger');
comment on foreign data wrapper paper is 'files';
create server cabinet type 'steel' version '1' foreign data wrapper paper options (room '12');
grant usage on foreign server cabinet to undo_reader;
create user mapping for undo_reader server cabinet options ("user" 'reader');
create foreign table shop.folders (id integer options (at '1'), title text not null) server cabinet options (drawer '3');
comment on foreign table shop.folders is 'in the cabinet';

create collation shop.german (locale = 'C');
create operator shop.=== (leftarg = integer, rightarg = integer, function = int4eq, commutator = operator(shop.===));
comment on operator shop.=== (integer, integer) is 'just the same';
create operator family shop.family using btree;
create function shop.compare(integer, integer) returns integer language sql immutable as 'select $1 - $2';
create operator class shop.by_number for type integer using btree as operator 1 <, operator 2 <=, operator 3 =,
    operator 4 >=, operator 5 >, function 1 shop.compare(integer, integer);
create function shop.to_amount(boolean) returns shop.pair language sql immutable as 'select null::shop.pair';
create cast (boolean as shop.pair) with function shop.to_amount(boolean) as assignment;
comment on cast (boolean as shop.pair) is 'odd';
create conversion shop.conversion for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create text search dictionary shop.words (template = simple, stopwords = english);
create text search configuration shop.search (copy = pg_catalog.simple);
alter text search configuration shop.search alter mapping for word with shop.words;
comment on text search configuration shop.search is 'finds';
create access method stack type table handler heap_tableam_handler;
create table shop.stacked (n integer) using stack;
create event trigger noticed on ddl_command_end when tag in ('CREATE TABLE') execute function shop.noticed();
alter event trigger noticed disable;
create publication news for table shop.plain (a, b), shop.referenced where (x > 0) with (publish = 'insert, update');
create publication everything for tables in schema stock;
alter publication news owner to undo_owner;

create schema extended;
create extension vector schema extended;
create table extended.items (id integer primary key, embedding extended.vector(3));
create index on extended.items using hnsw (embedding extended.vector_l2_ops);
insert into extended.items values (1, '[1,2,3]');

insert into shop.customers (name, email, score) values ('Ann', 'ann@example.org', 1), ('Bob', 'bob@example.org', 2);
insert into shop.orders (customer, ordered_at, amount, tags) values (1, '2025-01-01', 5, '{a}'), (2, '2025-01-02', 50, null);
insert into shop.plain values (1, '1', 1.5, '2025-01-01', true), (2, '2', 2.5, null, false);
insert into shop.referenced values (1, 1, 'one'), (2, 2, 'two');
insert into shop.referencing values (1, 1, 1);
insert into shop.booked values (1, '[1,3)');
insert into shop.scratch values (1);
insert into "Shop Things" values (1, 'a');
insert into shop.parent values (1);
insert into shop.child values (2, 'y', 3, 'more');
insert into shop.loner values (5, 'z', 6, 'own');
insert into shop.events values (1, '2024-05-05'), (2, '2025-05-05'), (3, '2030-01-01');
insert into shop.lists values ('a', 1), ('b', 2);
refresh materialized view shop.sums;
grant select on pg_catalog.pg_class to undo_reader;
