\i main.sql
