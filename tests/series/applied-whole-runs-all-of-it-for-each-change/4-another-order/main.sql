\i b.sql
\i a.sql
