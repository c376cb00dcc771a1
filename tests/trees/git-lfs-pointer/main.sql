\i data.sql
