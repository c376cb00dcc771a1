create temp table t(a text);
copy t from stdout;
a
\.
select 1;