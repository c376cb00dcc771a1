-- mainsql: no-transaction
begin;
vacuum;
commit;
