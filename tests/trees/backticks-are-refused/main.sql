\set host `hostname`
select :'host';
