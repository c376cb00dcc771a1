select E'a'
'b\'; select 3;