-- mainsql: repeatable
insert into a values (1, 'one') on conflict (id) do update set name = excluded.name;
