create temp table t(a text);
copy t from stdin; select 1
a
\.
, 2;