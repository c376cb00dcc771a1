-- more scripts/a b.sql:1
select 'a b';
-- more scripts/c.sql:1
select 'c';
-- more scripts/c.sql:1
select 'c';
