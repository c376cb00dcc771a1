-- nothing yet
\i a.sql
