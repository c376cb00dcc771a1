-- a.sql:2
select 1;
-- a.sql:4
select 'still the same';
-- main.sql:2
select 2;
