\set v '  \n select 1'
:v;