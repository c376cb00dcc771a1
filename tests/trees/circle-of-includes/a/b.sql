select 2;
\ir c.sql
