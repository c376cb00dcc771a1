insert into customers (name, email) values ('Ada', 'ada@example.org'), ($$it's$$, $q$b$$@c$q$);
copy orders (customer, total, tags) from stdin;
1	10.50	{a,b}
2	\N	{"c;d","e\\\\f"}
\.
update orders set total = 5 where total is null;
