\set v int
select '1':::v;