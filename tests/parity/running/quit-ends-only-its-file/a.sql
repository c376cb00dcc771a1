\if :done
  \q
\endif
insert into said values ('a');
