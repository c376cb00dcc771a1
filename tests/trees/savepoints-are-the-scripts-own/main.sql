select 1;
savepoint a;
select 2;
rollback to savepoint a;
release a;
