create or replace view v as select 1 as n;
create or replace view w as select 1 as n;
grant select on v to ada;
grant select on w to bob;
revoke insert on v from bob;
alter default privileges grant select on tables to eve;
