insert into said values (1), (2), (3);
insert into said values (:ROW_COUNT);
\set kept :ROW_COUNT
select generate_series(1, 5);
insert into said values (:ROW_COUNT * 10);
insert into said values (:'kept');
create table t ();
insert into said values (:'ROW_COUNT');
