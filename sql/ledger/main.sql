-- The ledger's own schema: an include tree like any other, deployed in the transaction of the first
-- version. Append to these files or add new ones; what has been released is never edited.
\ir schema.sql
\ir versions.sql
\ir steps.sql
\ir objects.sql
\ir attempts.sql
\ir controls.sql
\ir drifts.sql
\ir archives.sql
\ir progress.sql
