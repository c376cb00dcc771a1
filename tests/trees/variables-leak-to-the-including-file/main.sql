\i settings.sql
create schema :"schema" authorization :owner;
comment on schema :"schema" is :'note';
select :unset, :{?unset}, :{?owner}, '{1,2}'::int[], (array[1,2])[1:2];
