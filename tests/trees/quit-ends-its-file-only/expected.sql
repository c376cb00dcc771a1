-- a.sql:1
select 1;
-- a.sql:2
select 2;
-- main.sql:2
select 3;
