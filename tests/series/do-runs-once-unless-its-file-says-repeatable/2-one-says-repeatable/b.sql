-- mainsql: repeatable
do $$ begin perform 2; end $$;
