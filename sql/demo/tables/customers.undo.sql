drop table demo.customers;
