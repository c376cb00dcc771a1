\set v ':v'
select 1 as ":v" where 1= :v;