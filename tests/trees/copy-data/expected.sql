-- main.sql:1
create table t (a text, b text);
-- main.sql:2
copy t from stdin;
1	'; drop table t; \i x.sql
\N	:owner -- $$
\.
-- more.sql:1
copy t (a) from stdin with (format csv);
"x
y"
\.
-- more.sql:1
select 'after the data';
-- more.sql:5
copy t (b) from stdin;
ends with the file
\.
-- main.sql:7
select 1;
