create table t (id int);
  rollback; -- oh no
