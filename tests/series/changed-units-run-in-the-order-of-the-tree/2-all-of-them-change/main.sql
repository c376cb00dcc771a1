\i v.sql
\i a.sql
\i w.sql
select 'main';
select 'more';
