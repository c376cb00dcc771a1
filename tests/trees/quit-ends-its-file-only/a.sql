select 1;
select 2
\quit
'not reached
