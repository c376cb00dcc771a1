select 1


