create table a (id int);
alter table a add name varchar;
create index on a (name);
