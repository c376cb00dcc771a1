savepoint s;
create table b (x int);
rollback to savepoint s;
create table b (y text);
release savepoint s;
