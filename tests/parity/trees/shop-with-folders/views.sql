create view totals as select customer, sum(total) as total, count(*) filter (where tags[1:1] <> '{}') from orders group by 1;
create materialized view spent as select * from totals with data;
