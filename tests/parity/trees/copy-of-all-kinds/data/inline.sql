copy t (a) from stdin;
to the end
of the file