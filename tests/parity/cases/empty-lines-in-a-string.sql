select 'a


b';