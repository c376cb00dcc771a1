alter table a drop name;
