select 1 as a, 'x''y' as b \gset
insert into said values (:'a'), (:'b'), (:a + 1);
