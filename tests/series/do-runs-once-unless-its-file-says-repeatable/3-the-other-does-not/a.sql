do $$ begin perform 2; end $$;
