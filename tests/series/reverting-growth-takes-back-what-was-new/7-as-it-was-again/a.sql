create table a (id int);
alter table a add b_id int;
alter table a add foreign key (b_id) references b;
