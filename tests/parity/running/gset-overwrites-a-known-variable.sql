\set a known
select 'asked' as a \gset
insert into said values (:'a');
\set a 'known again'
insert into said values (:'a');
