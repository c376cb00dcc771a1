\set big 1
\set table things
\set columns 'id int, "the name" text default \'a;b\''
\set suffix _archive
\if :{?unknown}
\i there/is/no/such/file.sql
\elif :big
create table :table (:columns);
\else
select 1/0;
\endif
create table :table:suffix (like :"table" including defaults);
\if :{?big} \\ insert into :table values (1, :'table'); \else \\ select nonsense; \endif
create table nested (a int
\if false
, never text
\else
, always text
  \if on
, inner_one text default :'columns'
  \endif
\endif
);
\unset big
insert into :table values (:{?big}::int::int + 2, ':table :''table''');
\set file inner
\i :file.sql
\set name :file :suffix .sql
\ir :name
