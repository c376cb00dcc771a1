create table t (id int primary key, n int, at timestamptz);
\i functions.sql
\i triggers.sql
insert into t (id) values (1), (2);
update t set n = 3 where id = 1;
call p(5);
