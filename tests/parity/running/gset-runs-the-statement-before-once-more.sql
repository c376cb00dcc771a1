create table counted (id int generated always as identity);
insert into counted default values returning id;
\gset
insert into said values (:'id');
insert into said select count(*) from counted;
