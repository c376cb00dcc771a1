\ir tables/all.sql
