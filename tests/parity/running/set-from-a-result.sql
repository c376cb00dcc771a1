\set first one
select 'two' as second \gset
\set both :first '-' :second
insert into said values (:'both');
\set again :both
insert into said values (:'again');
\unset both
insert into said values ($$:both$$);
\if :{?both}
insert into said values ('both');
\endif
