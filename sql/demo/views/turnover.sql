-- mainsql: repeatable
create or replace view demo.turnover as
select c.name, coalesce(sum(o.amount), 0) as amount
from demo.customers c
left join demo.orders o on o.customer_id = c.id
group by c.name;
