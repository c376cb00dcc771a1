create temp table t(a text);
\i a.sql
select 2;