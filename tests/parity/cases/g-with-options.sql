select 1 \g (format=unaligned border=2)
select 2;