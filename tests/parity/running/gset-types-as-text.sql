select true as b, 1.50::numeric as n, date '2020-02-03' as d, array[1,2] as a, '{"a": 1}'::json as j, '\x01'::bytea as y,
  interval '1 day' as i, 'f'::bool as f, 12345678901::bigint as big, point '(1,2)' as p \gset
insert into said values (:'b'), (:'n'), (:'d'), (:'a'), (:'j'), (:'y'), (:'i'), (:'f'), (:'big'), (:'p');
