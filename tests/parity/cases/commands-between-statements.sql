\x \timing on
select 1; \echo hi
select 2;