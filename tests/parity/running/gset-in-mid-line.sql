select 1 as a \gset \\ insert into said values (:'a'); select 3 as b \gset c
insert into said values (:'cb');
