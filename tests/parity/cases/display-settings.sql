\pset format unaligned
\a
\t on
select 1;