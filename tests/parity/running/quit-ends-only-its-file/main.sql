select true as done, false as no \gset
\i a.sql
insert into said values ('main');
\i b.sql
insert into said values ('end');
