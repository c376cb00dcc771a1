create table a (x int);
\i one.sql
\i two.sql
create table d (x int)