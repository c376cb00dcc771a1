-- main.sql:1
select 1;
-- a.sql:1
select 2;
-- a.sql:1
select 2;
-- main.sql:1
select 3;
