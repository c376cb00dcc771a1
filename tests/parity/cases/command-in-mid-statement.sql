select 1
\echo a b
, 2;