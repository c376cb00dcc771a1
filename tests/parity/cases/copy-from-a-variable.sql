create temp table t(a text);
\set c 'copy t from stdin;'
:c select 1;
a
\.
select 2;