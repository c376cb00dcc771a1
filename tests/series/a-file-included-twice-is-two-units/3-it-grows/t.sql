create table :t (id int);
alter table :t add name text;
