drop view if exists v;
create view v as select 1 as n;
