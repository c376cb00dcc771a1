\set v '1\n'
select :v\x
, 2;
