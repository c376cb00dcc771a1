\i 'a b.sql'
