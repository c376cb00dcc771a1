create or replace view w as select 2 as n;
