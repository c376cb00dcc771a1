create table base (a int);
\q
select 1/0;
