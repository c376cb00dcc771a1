-- a.sql:3
-- mainsql: no-transaction
set search_path = shop;
-- a.sql:4
-- mainsql: no-transaction
create index concurrently i
  on t (id);
