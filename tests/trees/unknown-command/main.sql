\includ a.sql
