create temp table t(a text);
copy t from stdin with delimiter ';';
a
\.
select 1;