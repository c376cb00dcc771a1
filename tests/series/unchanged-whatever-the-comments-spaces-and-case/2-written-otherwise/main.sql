BEGIN;
\ir a.sql -- first
\i 'b.sql'
COMMIT;
