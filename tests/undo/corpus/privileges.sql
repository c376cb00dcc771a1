--- exact
grant select on shop.plain to undo_reader;
--- exact
grant select, insert on shop.plain to undo_reader with grant option;
--- exact
grant all on shop.plain to public;
--- exact
grant select on shop.plain to "Undo User";
--- exact
revoke select on shop.orders from undo_reader;
--- exact
revoke select on shop.customers from undo_writer cascade;
--- exact
revoke grant option for insert on shop.customers from undo_writer;
--- exact
revoke all on shop.customers from undo_writer cascade;
--- exact
revoke all on shop.plain from postgres;
--- exact
grant select on all tables in schema shop to undo_writer;
--- exact
set role undo_writer; grant insert on shop.customers to undo_reader; reset role;
--- exact
set role undo_writer; revoke select on shop.customers from "Undo User"; reset role;
--- exact
grant usage, create on schema stock to undo_reader;
--- exact
revoke usage on schema shop from undo_reader, undo_writer;
--- exact
revoke grant option for create on schema empty from undo_writer;
--- exact
revoke create on schema public from public;
--- exact
grant create on schema public to undo_reader;
--- exact
grant connect, temporary on database undo to undo_reader;
--- exact
grant usage on language plpgsql to undo_reader;
--- exact
grant usage on foreign server cabinet to undo_writer; revoke usage on foreign server cabinet from undo_reader;
--- exact
grant usage on foreign data wrapper paper to undo_reader;
--- exact
grant select on pg_catalog.pg_proc to undo_reader;
--- exact
revoke select on pg_catalog.pg_class from undo_reader;
--- exact
revoke execute on function pg_catalog.pg_sleep(double precision) from public;
--- exact
grant execute on function pg_catalog.pg_read_file(text) to undo_reader;
--- exact
grant select on pg_catalog.pg_authid to undo_reader;
--- exact
alter default privileges in schema stock grant select on tables to undo_reader;
--- exact
alter default privileges for role undo_owner in schema shop grant insert on tables to undo_writer;
--- exact
alter default privileges for role undo_owner in schema shop revoke select on tables from undo_reader;
--- exact
alter default privileges for role undo_owner grant execute on functions to public;
--- exact
alter default privileges grant usage on schemas to undo_reader;
--- exact
alter default privileges for role undo_writer revoke usage on types from public;
--- exact
alter default privileges grant usage, select on sequences to undo_reader with grant option;
--- exact
alter default privileges for role undo_owner revoke execute on functions from undo_writer;
--- exact
reassign owned by undo_owner to undo_writer;
--- refused: password
drop owned by undo_reader;
--- exact
comment on schema shop is 'other';
--- exact
alter table shop.customers owner to undo_reader; revoke all on shop.customers from undo_reader;
--- exact
alter role undo_reader in database undo set statement_timeout = '5s';
--- exact
alter database undo set search_path = shop, public;
--- exact
alter role undo_writer in database undo reset work_mem;
--- exact
alter role undo_writer in database undo set work_mem = '16MB';
--- exact
alter role undo_writer in database undo set search_path = shop, "$user"; alter role undo_writer in database undo set application_name = 'it''s';
