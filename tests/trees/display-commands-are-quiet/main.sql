\pset format unaligned
\x \timing on
\dt+ public.*
\echo 'hello' :unset
select 1 \g
select 2 \gx
select 3 \r
select 4;
