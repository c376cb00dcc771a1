create table a (id int);
-- people asked for it
alter table a add name text;
create index on a (name);
comment on table a is 'All of them.';
