-- b.sql:1
select 'b';
-- c/d.sql:1
select 'd';
