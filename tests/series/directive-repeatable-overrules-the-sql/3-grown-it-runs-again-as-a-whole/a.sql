-- mainsql: repeatable
drop table if exists a;
create table a (id int, name text);
create index on a (id);
