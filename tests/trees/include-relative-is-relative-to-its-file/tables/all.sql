\ir a.sql
\include_relative ../views/v.sql
