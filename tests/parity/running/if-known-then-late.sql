select true as t \gset
\if false
insert into said values ('one');
\elif :t
insert into said values ('two');
\elif true
insert into said values ('three');
\else
insert into said values ('four');
\endif
\if true
insert into said values ('five');
\elif :t
insert into said values ('six');
\endif
