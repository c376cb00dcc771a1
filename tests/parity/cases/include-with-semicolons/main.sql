\i a.sql; 
\i a.sql;;