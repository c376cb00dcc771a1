create table t (a text, b text, c int);
copy t from stdin;
tab\there	new\nline	1
\N		2
back\\slash	\\.	3
\.
copy t (a, b) from stdin with (format csv, header, null 'NULL');
a,b
"quoted, with ""quotes""",NULL
"over
two lines",";"
\.
COPY t (b)
  FROM STDIN (delimiter '|') \g
after g
\.
\copy t from 'data/rows.tsv'
\copy t (a, c) from data/rows.csv with csv header
\copy t(a) from stdin
slash copy
\.
copy t (a) from stdin; copy t (b) from stdin; insert into t values ('same line');
first
\.
second
\.
\ir data/inline.sql
select count(*) from t;
