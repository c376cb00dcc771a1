\set d b
\i :d/c.sql
\set e b/c.sql
\i :e