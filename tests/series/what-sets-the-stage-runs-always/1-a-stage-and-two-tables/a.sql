set work_mem = '1GB';
create :kind a (id int);
