\set t a
\i t.sql
\set t b
\i t.sql
