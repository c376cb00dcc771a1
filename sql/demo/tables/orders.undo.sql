drop table demo.orders;
