create table t (a text, b text);


insert into t values ('line
break', 'x'), -- comment
  ('y', E'z\r\n');
