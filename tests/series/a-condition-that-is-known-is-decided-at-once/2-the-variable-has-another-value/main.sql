\set stage live
\if :{?stage}
\i a.sql
\else
\i missing.sql
\endif
