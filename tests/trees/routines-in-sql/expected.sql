-- main.sql:1
create function f(a int) returns int
begin atomic
  select case when a > 0 then 1 else 2 end;
  select 3;
end;
-- main.sql:6
create function g() returns void language plpgsql as $body$
begin
  perform $$;$$;

  -- it's empty above
end
$body$;
-- main.sql:13
do $$ begin null; end $$;
