select 7 as seven;
\gset
insert into said values (:'seven');
