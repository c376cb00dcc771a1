create table t (a int) \gset
insert into t values (1) returning a \gset
insert into said values (:'a');
