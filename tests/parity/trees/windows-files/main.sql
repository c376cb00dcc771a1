\i sub/one.sql
\ir 'sub/two words.sql'

select 1;
