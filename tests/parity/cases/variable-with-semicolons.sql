\set v 'select 1; select 2'
:v; select 3;