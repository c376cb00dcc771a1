create function spent_by(id bigint) returns numeric language sql stable
begin atomic
  select case when sum(total) is null then 0 else sum(total) end from orders o where o.customer = id;
end;
create procedure touch() language plpgsql as $body$
begin
  update orders set at = at; -- ; here
end;
$body$;
