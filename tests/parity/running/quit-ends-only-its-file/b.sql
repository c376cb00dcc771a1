\if :no
  \q
\endif
\if :done
insert into said values ('b');
\if :done
\q
\endif
\endif
insert into said values ('not b');
