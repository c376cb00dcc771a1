\i a.sql
select 3;
\q
select 4;
