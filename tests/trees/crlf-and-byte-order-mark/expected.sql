-- a.sql:1
select 1
, 2;
-- b.sql:1
copy t from stdin;
1
\.
-- b.sql:4
select 3;
