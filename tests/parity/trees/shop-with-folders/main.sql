-- The whole shop, in order.
\set schema shop
\set owner_note 'Ada''s shop: 100% "hers"; \\o/'
create schema :"schema";
set search_path to :schema, public;
\ir types/main.sql
\i tables/main.sql
\echo tables are there
\i 'data/first rows.sql'
\ir views.sql \ir routines.sql
comment on schema :"schema" is :'owner_note';
reset search_path;
