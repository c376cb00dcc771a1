create table "semi;colon" (a int
\i columns.sql
);
select (
\echo in a parenthesis
1);
create view v as
\i select.sql
select a from base;
create /* with ; in it */ table u (a int) -- and no semicolon
;;
\; create table joined (a int)\; create table twice (b int);
create table gone (a int) \r
create table kept (a int) \g
create table last (a int)
\q
create table never (a int);
