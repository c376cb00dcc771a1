\if false
select 'a;
\else
', $$ \endif $$; /* \endif */ -- \endif
\endif
select 2;
