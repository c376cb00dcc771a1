\i ../shared.sql
\ir ../../secret.sql
