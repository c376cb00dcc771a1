\echo 'a' b "c" :x
select 1;