select 1 \gx
select 2;