alter table a drop b_id;
