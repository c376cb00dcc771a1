-- a.sql:1
select 1;
-- b.sql:1
select 2 -- no semicolon; at all
;
-- main.sql:4
select 4;
