\set v known
select false as f \gset
\if :f
select 'asked' as v \gset
\endif
insert into said values (:'v');
