-- main.sql:1
select 1;
-- main.sql:2
savepoint a;
-- main.sql:3
select 2;
-- main.sql:4
rollback to savepoint a;
-- main.sql:5
release a;
