drop view if exists v, w;
create view w as select 1 as n;
