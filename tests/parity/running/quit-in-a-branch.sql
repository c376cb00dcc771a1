select true as done \gset
insert into said values ('before');
\if :done
  insert into said values ('in');
  \q
  insert into said values ('never');
\endif
insert into said values ('after');
\if true
insert into said values ('after, too');
\endif
