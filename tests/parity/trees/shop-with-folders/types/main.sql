\ir status.sql
\ir money.sql;
