select 5 as five \gset
\echo five is :five
\set x :five
\echo :x
insert into said values (:'x');
