-- main.sql:5
select 1 ;
-- main.sql:6
select 2 ;
-- main.sql:8
select 4;
