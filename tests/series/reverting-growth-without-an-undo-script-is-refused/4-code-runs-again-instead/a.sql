create table a (id int);
alter table a add name text;
