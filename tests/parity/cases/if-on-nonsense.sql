\if :unset
select 1;
\else
select 2;
\endif
\if
select 3;
\endif
