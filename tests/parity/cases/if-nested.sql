\if true
\if false
select 1;
\else
\if 1
select 2;
\endif
\endif
\else
\if true
select 3;
\endif
\endif
