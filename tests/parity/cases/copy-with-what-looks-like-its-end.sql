create temp table t(a text);
copy t from stdin;
\\.
\N
\..
\.
select 1;