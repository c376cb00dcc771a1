copy t (a) from stdin with (format csv); select 'after the data';
"x
y"
\.
copy t (b) from stdin;
ends with the file