\set v '1,\n\n2'
select :v;