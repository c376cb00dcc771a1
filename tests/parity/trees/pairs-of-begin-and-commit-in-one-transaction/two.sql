do $$ begin perform 1; end $$;
set constraints all immediate;
create table c (like b including all);
