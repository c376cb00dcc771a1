select 1;
\i tables/missing.sql
