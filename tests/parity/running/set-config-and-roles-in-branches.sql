select true as t \gset
\if :t
set search_path = pg_catalog, public;
\else
set search_path = nowhere;
\endif
insert into said values (current_setting('search_path'));
