-- mainsql: repeatable
create or replace view v as select 1 as n;
create or replace frobnicator f as select 2;
