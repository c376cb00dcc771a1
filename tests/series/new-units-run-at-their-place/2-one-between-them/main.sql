\i a.sql
\i c.sql
\i b.sql
