\set v
select 1
:v
;
select 2
:v\echo a
, 3
:v :v
\echo b
;
:v
select 4
:v