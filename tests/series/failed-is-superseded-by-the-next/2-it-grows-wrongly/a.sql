create table a (id int);
alter table b add name text;
