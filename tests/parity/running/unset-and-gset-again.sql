select 1 as a \gset
\unset a
insert into said values ($$:a$$);
select 2 as a \gset
insert into said values (:'a');
