\set v 'a\'b'
select :'v';