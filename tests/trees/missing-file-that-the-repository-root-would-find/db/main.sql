\i db/a.sql
