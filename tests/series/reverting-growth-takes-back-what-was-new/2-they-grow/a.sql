create table a (id int);
alter table a add b_id int;
