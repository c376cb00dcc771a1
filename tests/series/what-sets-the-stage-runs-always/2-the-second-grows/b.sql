create table b (id int);
alter :kind b add name text;
