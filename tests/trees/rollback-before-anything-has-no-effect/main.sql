rollback;
begin;
select 1;
commit;
