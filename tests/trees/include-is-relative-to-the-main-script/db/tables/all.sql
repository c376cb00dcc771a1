\i tables/a.sql
\i views/v.sql
