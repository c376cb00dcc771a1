\ir views/v.sql
