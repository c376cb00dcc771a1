create temp table t(a text);
copy t from stdin \g
a
\.
select 1;