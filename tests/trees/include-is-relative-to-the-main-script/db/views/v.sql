create view v as select * from a;
