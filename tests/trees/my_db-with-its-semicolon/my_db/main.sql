/* main.sql has the following contents: */
BEGIN TRANSACTION;
\i some_directory/bar.sql
\i some_directory/foo.sql
\i some_other_directory/baz.sql
COMMIT;
