\i tables/a.sql
