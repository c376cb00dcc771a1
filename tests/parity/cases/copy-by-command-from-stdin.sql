create temp table t (a int, b text);
\copy t from stdin
1	x
\.
\copy t (a) from stdin with (format text)
2
\.
select count(*) from t;
