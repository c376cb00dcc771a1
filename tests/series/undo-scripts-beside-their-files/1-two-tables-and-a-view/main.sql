\i a.sql
\i b.sql
\i v.sql
