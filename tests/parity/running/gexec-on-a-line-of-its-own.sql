select 'insert into said values (1)';
\gexec
select null, '' , 'insert into said values (2); insert into said values (3)' \gexec
