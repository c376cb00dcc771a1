insert into a values (1, 'two') on conflict (id) do update set name = excluded.name;
