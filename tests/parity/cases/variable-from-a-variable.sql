\set a 1
\set b ':a'
select :b;