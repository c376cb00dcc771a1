\set name one
\i table.sql
\set name two
\i table.sql
\set name three
\i ./sub/../table.sql
\include sub/again.sql
