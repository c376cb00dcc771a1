\i a.sql
\i v.sql
