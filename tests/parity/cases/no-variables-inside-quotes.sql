\set v 1
select ':v', ":v", $$:v$$ /* :v */ -- :v
;