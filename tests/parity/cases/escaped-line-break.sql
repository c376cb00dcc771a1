select E'a\
';select 2;