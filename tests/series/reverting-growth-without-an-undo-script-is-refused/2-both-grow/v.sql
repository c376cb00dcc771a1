create or replace view v as select 1 as n;
create or replace view w as select 1 as n;
