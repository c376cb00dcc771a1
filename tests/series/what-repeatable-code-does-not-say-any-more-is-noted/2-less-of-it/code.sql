create or replace view v as select 2 as n;
grant select on v to ada;
