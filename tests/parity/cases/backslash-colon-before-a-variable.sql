\set v 1
select \:v;