select format('create table %I ()', 't' || n), format('insert into said values (%L)', n) from generate_series(1, 3) n \gexec
insert into said select count(*) from pg_class where relname in ('t1', 't2', 't3');
