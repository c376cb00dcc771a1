-- main.sql:3
select 1;
