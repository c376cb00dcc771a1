select 1 as a, 2 as b \gset p_
insert into said values (:'p_a'), (:'p_b');
insert into said values ($$:a$$);
