\i a.sql
select 'main';
\i b.sql
select 'more';
