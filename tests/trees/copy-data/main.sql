create table t (a text, b text);
copy t from stdin;
1	'; drop table t; \i x.sql
\N	:owner -- $$
\.
\i more.sql
select 1;
