-- some_directory/bar.sql:1
create table bar (id int primary key);
-- some_directory/foo.sql:1
create table foo (bar_id int references bar);
-- some_other_directory/baz.sql:1
insert into bar values (1);
-- some_other_directory/baz.sql:2
insert into foo values (1);
