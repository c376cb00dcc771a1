insert into said values ('described') returning * \gdesc
insert into said values ('run');
select 'a', 'b', 1 \crosstabview
