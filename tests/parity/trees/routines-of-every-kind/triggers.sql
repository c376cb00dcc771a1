create function stamp() returns trigger language plpgsql as $$
begin
  new.at := '2020-01-01 00:00+00'; return new;
end $$;
create trigger stamped before insert or update on t for each row execute function stamp();
create rule no_delete as on delete to t do instead (select 1; select 2);
create view v as select id, g() from t where id === 11;
create rule ins as on insert to v do instead insert into t (id) values (new.id);
insert into v (id) values (31);
