create table t (id int);

-- for speed
create index concurrently i
  on t (id);
