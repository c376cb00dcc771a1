--- exact
create function shop.fresh() returns integer language sql as 'select 1';
--- exact
create function shop.fresh(a integer default 1, variadic b text[] default '{}', out c integer) language plpgsql security definer set search_path = '' as $$begin c := 1; end$$;
--- exact
create function shop.fresh() returns table (a integer, b text) language sql as $$select 1, 'a'$$;
--- exact
create function shop.fresh() returns setof shop.orders language sql as 'select * from shop.orders';
--- exact
create function shop.fresh(integer) returns integer language sql as 'select $1'; create function shop.fresh(text) returns text language sql as 'select $1'; comment on function shop.fresh(text) is 'text';
--- exact
create procedure shop.fresh(inout a integer) language plpgsql as $$begin a := a + 1; end$$;
--- exact
create function shop.fresh() returns integer return 1;
--- exact
create aggregate shop.fresh(integer) (sfunc = shop.add, stype = integer);
--- exact
create aggregate shop.fresh(*) (sfunc = int8inc, stype = bigint, initcond = '0');
--- exact
create aggregate shop.middle(float8 order by float8) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
--- exact
create function shop.fresh(integer) returns boolean language sql immutable as 'select true'; alter table shop.plain add check (shop.fresh(a));
--- exact
create function shop.f(n integer) returns integer language sql immutable as 'select n'; create table shop.t (a integer default shop.f(1), b integer generated always as (shop.f(a)) stored, check (shop.f(a) > 0)); create index on shop.t (shop.f(a));
--- exact
create table shop.t (a integer); create function shop.f(x shop.t) returns integer language sql as 'select 1'; create view shop.v as select shop.f(t) from shop.t;
--- exact
create or replace function shop.twice(n integer) returns integer language sql stable strict as 'select n + n';
--- exact
create or replace function shop.greet(name text, greeting text default 'hi') returns text language sql as $$select 'x'$$;
--- exact
create or replace function shop.greet(name text, greeting text default 'hi') returns text language plpgsql security definer cost 500 parallel safe leakproof set work_mem = '1MB' as $$begin return 1; end$$;
--- exact
create or replace function shop.greet(name text default 'you', greeting text default 'hi') returns text language sql as $$select 'x'$$;
--- exact
create or replace procedure shop.tidy() language plpgsql as $$begin perform 2; end$$;
--- exact
create or replace function shop.inlined(n integer) returns integer begin atomic select n + 2; end;
--- exact
create or replace function shop.touch() returns trigger language plpgsql as $$begin return old; end$$;
--- exact
create or replace function shop.add(a integer, b integer) returns integer language sql immutable as 'select a + b + 0';
--- exact
create or replace aggregate shop.total(integer) (sfunc = int4larger, stype = integer);
--- exact
drop function shop.greet(text, text);
--- exact
drop function shop.inlined(integer);
--- exact
drop procedure shop.tidy;
--- exact
drop aggregate shop.total(integer);
--- exact
drop function shop.add(integer, integer) cascade;
--- exact
drop function shop.touch() cascade;
--- exact
drop function shop.greet; create function shop.greet(name text) returns text language sql as $$select 'x'$$;
--- exact
drop function shop.greet(text, text); create function shop.greet(name text, greeting text) returns integer language sql as 'select 1';
--- exact
drop function shop.compare(integer, integer) cascade;
--- exact
drop routine if exists shop.not_there;
--- exact
alter function shop.greet rename to welcome;
--- exact
alter function shop.twice(integer) rename to double;
--- exact
alter function shop.greet set schema stock;
--- exact
alter aggregate shop.total(integer) rename to sum_all;
--- exact
alter aggregate shop.total(integer) set schema stock;
--- exact
alter aggregate shop.total(integer) owner to undo_owner;
--- exact
alter procedure shop.tidy rename to clean;
--- exact
alter function shop.twice(integer) owner to undo_writer;
--- exact
alter function shop.greet(text, text) owner to undo_owner;
--- exact
alter function shop.greet immutable strict cost 7 set search_path to shop, public;
--- exact
alter function shop.greet(text, text) security definer;
--- exact
alter function shop.greet depends on extension plpgsql;
--- exact
alter routine shop.tidy() security definer;
--- exact
alter function shop.twice(integer) support generate_series_int4_support;
--- exact
comment on function shop.twice(integer) is null;
--- exact
comment on procedure shop.tidy() is 'cleans';
--- exact
comment on aggregate shop.total(integer) is 'other';
--- exact
revoke execute on function shop.twice(integer) from public;
--- exact
grant execute on function shop.twice(integer) to undo_reader with grant option;
--- exact
revoke all on function shop.greet(text, text) from undo_reader;
--- exact
grant execute on all routines in schema shop to undo_reader;
--- exact
create language fresh handler plpgsql_call_handler;
--- exact
create trusted language fresh handler plpgsql_call_handler validator plpgsql_validator; create function shop.fresh() returns integer language fresh as 'begin return 1; end'; comment on language fresh is 'new';
--- exact
create function shop.fresh(internal) returns internal language internal immutable strict as 'dsimple_init'; create transform for shop.pair language plpgsql (from sql with function shop.fresh(internal)); comment on transform for shop.pair language plpgsql is 'x';
