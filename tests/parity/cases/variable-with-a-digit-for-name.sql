\set 2 x
select (array[1,2])[1:2];