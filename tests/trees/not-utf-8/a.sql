select 'ok';
select 'grьяe';
