\set v '\303\244\x41\n\t\q'
select :'v';