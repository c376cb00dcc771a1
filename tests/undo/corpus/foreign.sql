--- exact
create foreign data wrapper fresh;
--- exact
create foreign data wrapper fresh options (a '1'); create server s foreign data wrapper fresh; create user mapping for public server s; create foreign table shop.f (a integer options (x 'y')) server s; comment on server s is 'x'; grant usage on foreign server s to undo_reader;
--- exact
drop foreign table shop.folders;
--- refused: password
drop user mapping for undo_reader server cabinet;
--- refused: password
drop server cabinet cascade;
--- refused: password
drop foreign data wrapper paper cascade;
--- exact
alter foreign data wrapper paper options (set kind 'book', add more 'x');
--- exact
alter foreign data wrapper paper options (drop kind);
--- exact
alter foreign data wrapper paper rename to sheets;
--- exact
alter foreign data wrapper paper owner to current_user;
--- exact
alter server cabinet options (set room '13', add "Floor Number" 'it''s 2');
--- exact
alter server cabinet version '2';
--- exact
alter server cabinet rename to shelf;
--- exact
alter server cabinet owner to postgres;
--- exact
alter foreign table shop.folders options (set drawer '4', add x '1');
--- exact
alter foreign table shop.folders alter column id options (set at '2');
--- exact
alter foreign table shop.folders add column f text default 'x';
--- order
alter foreign table shop.folders drop column id;
--- exact
alter foreign table shop.folders rename to files;
--- exact
alter foreign table shop.folders rename title to name;
--- exact
alter foreign table shop.folders alter column title drop not null, alter column title set default 'x';
--- exact
alter foreign table shop.folders alter column id type bigint;
--- exact
alter foreign table shop.folders add constraint c check (id > 0);
--- exact
alter foreign table shop.folders set schema stock;
--- exact
alter foreign table shop.folders owner to undo_owner;
--- refused: password
alter user mapping for undo_reader server cabinet options (set "user" 'other');
--- exact
create user mapping for undo_writer server cabinet options (password 'secret');
--- exact
comment on foreign table shop.folders is null;
--- exact
comment on server cabinet is 'x';
--- exact
comment on foreign data wrapper paper is null;
