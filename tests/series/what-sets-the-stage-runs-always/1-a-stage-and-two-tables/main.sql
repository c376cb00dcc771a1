set role shop;
select pg_catalog.set_config('search_path', 'app', false);
\set kind table
\i a.sql
reset role;
\i b.sql
