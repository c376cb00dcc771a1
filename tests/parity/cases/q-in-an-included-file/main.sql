\i a.sql
select 2;