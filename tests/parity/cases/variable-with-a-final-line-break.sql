\set v '1\n'
select :v
\echo x
;