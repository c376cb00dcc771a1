select 1;
\i a/b.sql
