\set v 1
select '1'\::int;