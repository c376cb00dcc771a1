\if off
select 'not taken';
\else
select 'taken';
\endif
