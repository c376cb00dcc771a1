create table settings (theme text, size int);
insert into settings values ('dark', 3);
select * from settings \gset
insert into said values (:'theme'), (:'size');
