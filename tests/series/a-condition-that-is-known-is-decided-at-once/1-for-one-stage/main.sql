\set stage test
\if :{?stage}
\i a.sql
\else
\i missing.sql
\endif
