\set name four
\ir ../table.sql
\include_relative ../table2.sql
