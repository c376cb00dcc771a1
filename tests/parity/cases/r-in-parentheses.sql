select (1 \r
select 2;