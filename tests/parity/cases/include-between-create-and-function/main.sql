create
\i a.sql
function pg_temp.f() returns int begin atomic select 1; end; select 2;