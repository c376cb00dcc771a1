create function f(a int default 1) returns int language sql as 'select $1; -- '';''';
create or replace function f(a int default 1) returns int language sql
begin atomic
    select a; select case a when 1 then 2 else case when a > 3 then 4 end end;
end;
create function g() returns text language plpgsql as $_$
declare s text := $q$;$q$;
begin
  if true then s := s || E'\\;'; end if;
  return s || $$nested$$;
end
$_$;
create function begin_of(begin int, "end" int) returns int return $1 + "end";
create procedure p(inout x int) language sql begin atomic insert into t values (x, x) returning n; end;
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
create function same(a int, b int) returns boolean immutable return a % 10 = b % 10;
create operator === (leftarg = int, rightarg = int, function = same, commutator = ===);
create function span(variadic a int[], out low int, out high int) language sql
  begin atomic select min(x), max(x) from unnest(a) x; end;
