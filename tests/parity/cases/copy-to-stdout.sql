create temp table t(a text);
copy t to stdout; copy (select 1) to stdout;select 1;