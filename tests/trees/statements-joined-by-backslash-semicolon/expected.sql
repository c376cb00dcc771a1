-- main.sql:1
select 1;
-- main.sql:1
select 2;
