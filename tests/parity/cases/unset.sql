\set v 1
\unset v
select :v;