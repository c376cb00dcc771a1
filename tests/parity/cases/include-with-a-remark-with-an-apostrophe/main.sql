\i a.sql -- don't
select 2;