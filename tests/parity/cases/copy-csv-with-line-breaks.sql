create temp table t(a text);
COPY t (a) FROM STDIN WITH (format csv) ;
"a
b"
\.
select 1;