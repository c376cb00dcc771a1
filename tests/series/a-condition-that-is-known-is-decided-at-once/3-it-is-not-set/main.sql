\if :{?stage}
\i a.sql
\else
\i missing.sql
\endif
