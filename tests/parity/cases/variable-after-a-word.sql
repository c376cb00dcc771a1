\set v 1
select x:v;