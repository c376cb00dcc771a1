-- db/a.sql:1
select 'a';
-- shared/b.sql:1
select 'b';
-- db/a.sql:1
select 'a';
