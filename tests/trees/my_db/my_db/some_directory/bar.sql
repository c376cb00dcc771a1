create table bar (id int primary key);
