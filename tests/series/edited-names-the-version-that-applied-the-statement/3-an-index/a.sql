create table a (id int);
alter table a add name text;
create index on a (name);
