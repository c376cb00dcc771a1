select 3;
  \ir ../a/b.sql
