create table t (
  a int,
\i a.sql
  b int
);
