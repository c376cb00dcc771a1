BEGIN TRANSACTION
create table t (id int);
COMMIT;
