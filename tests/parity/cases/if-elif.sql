\if 0
select 1;
\elif no
select 2;
\elif yes
select 3;
\elif on
select 4;
\else
select 5;
\endif
