\i w.sql
\i a.sql
\i v.sql
select 'main';
select 'more';
