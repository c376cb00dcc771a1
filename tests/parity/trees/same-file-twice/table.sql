create table :"name" (a text default :'name');
insert into :name default values;
