create table a (id bigint);
alter table a add name text;
