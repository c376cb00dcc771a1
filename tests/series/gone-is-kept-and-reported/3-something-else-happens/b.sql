create table b (id int);
alter table b add name text;
