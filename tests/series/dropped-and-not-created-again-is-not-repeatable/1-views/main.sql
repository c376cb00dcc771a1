\i v.sql
