\i db/a.sql
\i shared/b.sql
\ir a.sql
