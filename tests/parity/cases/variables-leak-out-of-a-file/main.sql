\i a.sql
select :v;