set search_path = app;
\i a.sql
\i b.sql
