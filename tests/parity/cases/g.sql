select 1 \g
select 2\g
select 3
\g
select 4
,5 \g \echo x
select 6;