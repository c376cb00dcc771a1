\set who main
select true as t \gset
\if :t
\i a.sql
\else
\i b.sql
\endif
insert into said values (:'who');
