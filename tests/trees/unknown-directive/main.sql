-- Views.
-- mainsql: repeatabel
select 1;
