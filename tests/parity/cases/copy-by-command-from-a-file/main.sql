create temp table t (a int, b text);
\copy t from 'rows of t.csv' with (format csv)
\copy pg_temp.t (a, b) from rows.txt
select count(*) from t;
