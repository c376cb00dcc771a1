\set v '''a;'
select :v b'; select 2;