select 1 \echo a
, 2;