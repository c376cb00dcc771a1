select 'a b';
