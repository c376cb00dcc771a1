select 1

\echo a

\echo b
, 2;