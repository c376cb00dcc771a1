create or replace view v as select 3 as n;
