\set v 1
\if false
\set v 2
\echo :v
select :v, :'nope';
\endif
select :v;
