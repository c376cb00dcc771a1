select true as t, 'said' as name \gset
\if :t
copy said (what) from stdin;
one
\.
\endif
copy :name (what) from stdin;
three
\.
