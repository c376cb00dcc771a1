insert into said values ('b'); 
\set who b
