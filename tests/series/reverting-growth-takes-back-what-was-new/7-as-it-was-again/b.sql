create table b (id int);
alter table b add primary key (id);
