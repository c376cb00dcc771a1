\set v '/* x'
select 1 :v ; */ ;