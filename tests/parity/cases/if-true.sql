\if true
select 'taken';
\else
select 'not taken';
\endif
select 'after';
