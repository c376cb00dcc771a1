--- exact
alter database undo connection limit 50;
--- exact
alter database undo owner to undo_owner;
--- exact
alter database undo with is_template true;
--- lossy: role fresh_undo_role, which was created
create role fresh_undo_role;
--- lossy: role undo_reader, which was changed
alter role undo_reader createdb;
--- lossy: role undo_reader, which was changed
grant undo_owner to undo_reader;
--- lossy: role undo_reader, which was changed
alter role undo_reader set work_mem = '4MB';
--- lossy: role undo_reader, which was dropped
alter role undo_reader rename to undo_readers;
--- lossy: role undo_reader, which was changed
comment on role undo_reader is 'reads';
--- lossy: comment on this database, which was created
comment on database undo is 'x';
--- lossy: setting work_mem, which was created
grant set on parameter work_mem to undo_reader;
--- lossy: tablespace pg_default, which was changed
grant create on tablespace pg_default to undo_reader;
