\set t a
\i t.sql
