-- tables/a.sql:1
create table a (id int);
-- views/v.sql:1
create view v as select * from a;
