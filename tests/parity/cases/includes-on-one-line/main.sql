\i a.sql \i b/c.sql
select 9;