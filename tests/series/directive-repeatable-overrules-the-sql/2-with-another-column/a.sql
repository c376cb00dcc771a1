-- mainsql: repeatable
drop table if exists a;
create table a (id int, name text);
