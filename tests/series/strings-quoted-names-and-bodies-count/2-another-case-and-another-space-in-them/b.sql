create table "shop" (id int);
