\set v
select :v 1;
:v
;