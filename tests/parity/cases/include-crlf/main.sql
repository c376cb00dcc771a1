\i a.sql
\ir a.sql
select 2;
