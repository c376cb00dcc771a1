\i tables/all.sql
