alter table b drop constraint b_pkey;
