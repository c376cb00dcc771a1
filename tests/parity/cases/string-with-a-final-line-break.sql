select 'a
', 'b' -- '
;