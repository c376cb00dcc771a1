\set v a 'b c' "d" :v
select :'v';