-- a.sql:1
create domain d as int;
-- main.sql:1
create table t (
  a int,
  b int
);
