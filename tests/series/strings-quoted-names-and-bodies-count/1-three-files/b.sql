create table "Shop" (id int);
