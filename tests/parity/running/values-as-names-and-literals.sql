select 'od"d' as odd, 'it''s \' as text, 'said' as name \gset
create table :"odd" (a text default :'text');
insert into :"odd" default values;
insert into :name select a from :"odd";
insert into public.:name values ((array[5,6,7])[1:2]::text);
