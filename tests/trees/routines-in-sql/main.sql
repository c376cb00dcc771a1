create function f(a int) returns int
begin atomic
  select case when a > 0 then 1 else 2 end;
  select 3;
end;
create function g() returns void language plpgsql as $body$
begin
  perform $$;$$;

  -- it's empty above
end
$body$;
do $$ begin null; end $$;
