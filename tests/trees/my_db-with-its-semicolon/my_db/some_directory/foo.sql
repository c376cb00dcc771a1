create table foo (bar_id int references bar);
