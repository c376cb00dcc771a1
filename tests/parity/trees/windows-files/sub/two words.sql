insert into t values ('ä', '€');
copy t from stdin;
a	b
\.
insert into t values ('end', '😀')
