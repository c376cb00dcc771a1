create temp table copied (a int);
select\copy copied from stdin
1
\.

1;
copy copied from stdin; select
2
\.


2;
