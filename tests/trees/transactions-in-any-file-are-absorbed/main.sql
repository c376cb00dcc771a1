\i a.sql
select 2;
END;
