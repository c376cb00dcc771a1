set local role pg_monitor;
reset role;
create table after_default_privileges (a int);
alter table accounts force row level security;
