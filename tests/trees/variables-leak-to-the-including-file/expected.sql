-- main.sql:2
create schema "My Shop" authorization shop;
-- main.sql:3
comment on schema "My Shop" is 'it''s shop; really';
-- main.sql:4
select :unset, FALSE, TRUE, '{1,2}'::int[], (array[1,2])[1:2];
