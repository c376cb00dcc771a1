insert into said values ('a'), (:'who'); 
\set who a
