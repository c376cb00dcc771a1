create table if not exists a (id int);
alter table a add column if not exists name varchar;
