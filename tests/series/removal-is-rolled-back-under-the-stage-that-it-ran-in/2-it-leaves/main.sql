set search_path = app;
\i b.sql
