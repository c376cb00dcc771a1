\i c.sql
