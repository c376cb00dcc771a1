\set v 'it''s \\ x'
select :'v', :"v";