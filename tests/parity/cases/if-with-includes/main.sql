\if false
\i missing.sql
\else
\i there.sql
\endif
\if true
\q
\endif
select 'never';
