\i a.sql
\i check.sql
