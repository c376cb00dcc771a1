copy t from '/var/lib/t.csv';
