\if true
select 1;
\endif
