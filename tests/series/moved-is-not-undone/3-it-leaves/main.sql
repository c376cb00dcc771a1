\i b.sql
