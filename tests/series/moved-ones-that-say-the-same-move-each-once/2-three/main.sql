\i c.sql
\i d.sql
\i e.sql
