-- mainsql: repeatable
drop table if exists a;
create table a (id bigint);
