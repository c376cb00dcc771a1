select 'b';
\i c/d.sql
