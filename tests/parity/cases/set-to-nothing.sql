\set v
select :'v';