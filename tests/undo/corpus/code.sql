--- exact
create trigger fresh after insert or update of a, b on shop.plain for each row when (new.a > 0) execute function shop.touch('x', 'y');
--- exact
create trigger fresh after delete on shop.plain referencing old table as gone for each statement execute function shop.touch();
--- exact
create constraint trigger fresh after insert on shop.plain deferrable initially deferred for each row execute function shop.touch();
--- exact
create trigger fresh before truncate on shop.plain execute function shop.touch(); comment on trigger fresh on shop.plain is 'x';
--- exact
create or replace trigger touched after update on shop.orders for each row execute function shop.touch();
--- exact
create or replace trigger audited after insert or delete on shop.orders for each row execute function shop.touch();
--- exact
drop trigger touched on shop.orders;
--- exact
drop trigger audited on shop.orders;
--- exact
alter trigger touched on shop.orders rename to stroked;
--- exact
alter table shop.orders disable trigger touched;
--- exact
alter table shop.orders enable always trigger touched;
--- exact
alter table shop.orders enable trigger audited;
--- exact
alter table shop.orders disable trigger user;
--- exact
alter table shop.orders disable trigger all;
--- exact
alter table shop.orders enable replica trigger touched;
--- exact
alter trigger touched on shop.orders depends on extension plpgsql;
--- exact
comment on trigger touched on shop.orders is null;
--- exact
create rule fresh as on update to shop.plain do also notify changed;
--- exact
create or replace rule no_delete as on delete to shop.orders do instead nothing;
--- exact
drop rule no_delete on shop.orders;
--- exact
alter rule no_delete on shop.orders rename to none;
--- exact
alter table shop.orders disable rule no_delete;
--- exact
alter table shop.orders enable always rule no_delete;
--- exact
comment on rule no_delete on shop.orders is 'x';
--- exact
create policy fresh on shop.orders as restrictive for update to undo_writer, undo_reader using (amount > 0) with check (amount > 1);
--- exact
create policy fresh on shop.plain for insert with check (a > 0); comment on policy fresh on shop.plain is 'x';
--- exact
drop policy own on shop.orders;
--- exact
alter policy own on shop.orders rename to mine;
--- exact
alter policy own on shop.orders to public;
--- exact
alter policy own on shop.orders to undo_writer, "Undo User" using (customer > 5);
--- exact
alter policy writing on shop.orders with check (amount > 2);
--- exact
drop policy own on shop.orders; create policy own on shop.orders for insert with check (true);
--- exact
comment on policy own on shop.orders is null;
--- exact
create event trigger fresh on sql_drop when tag in ('DROP TABLE', 'DROP VIEW') execute function shop.noticed();
--- exact
create event trigger fresh on ddl_command_start execute function shop.noticed(); alter event trigger fresh disable; comment on event trigger fresh is 'x';
--- exact
drop event trigger noticed;
--- exact
alter event trigger noticed rename to seen;
--- exact
alter event trigger noticed enable;
--- exact
alter event trigger noticed enable always;
--- exact
comment on event trigger noticed is 'x';
