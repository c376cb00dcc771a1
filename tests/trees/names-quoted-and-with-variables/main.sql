\set dir 'more scripts'
\i 'more scripts/a b.sql'
\i :dir/c.sql;
\set name 'more scripts/c.sql'
\include :name
