\i a.sql -- note
select 2;