\set v '$$a;'
select :v b$$;