drop view if exists v cascade;
create view v as select 2 as n;
