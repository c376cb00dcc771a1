\set a before
select null as a, 2 as b \gset
insert into said values ($$:a$$), (:'b');
\if :{?a}
insert into said values ('set');
\else
insert into said values ('unset');
\endif
