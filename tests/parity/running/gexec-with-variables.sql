\set t said
select 'said' as u \gset
select 'insert into ' || :'t' || ' values (4)' \gexec
select 'insert into ' || :'u' || ' values (5)' \gexec
select 'insert into said values ('':t'')' \gexec
