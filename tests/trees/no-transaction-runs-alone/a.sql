-- For speed.
-- mainsql: no-transaction
set search_path = shop;
create index concurrently i
  on t (id)
