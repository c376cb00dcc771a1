copy t from stdin;
x
