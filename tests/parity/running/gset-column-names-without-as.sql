create table s (id int, "Odd" text);
insert into s values (4, 'o');
select s.id, "Odd", count(*), upper('x') from s group by 1, 2 \gset
insert into said values (:'id'), (:'Odd'), (:'count'), (:'upper');
