select to_regclass('a') is null as absent \gset
\if :absent
\i a.sql
\else
select 'it is there';
\endif
\i b.sql
