\i a.sql
select 'main';
