-- c
  -- d
select 1; -- e
/* f */ select 2;