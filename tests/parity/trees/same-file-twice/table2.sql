create table table2 (a int);
