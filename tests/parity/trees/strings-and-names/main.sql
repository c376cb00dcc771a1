create table "Ta""ble" (":no variable" text, "b;" text, ä€ text, a$b text, "	tab" text);
insert into "Ta""ble" values
  ('it''s', $$it's$$, $ä$x$$y$ä$, E'\'\\\x41\u00e4\n', e''),
  ('a' -- continued
   'b', U&'\0061\+000062' , U&'d!0061' uescape '!', N'n', 'c:\dir'),
  ('-- none', '/* none */', E'a''b\'', 'x'
'y', ':none :''none''');
/* outer /* inner ; */ ' */ create /**/ table/* */x (a int[], b jsonb);
insert into x values ('{1,2,3}'::int[], '{"a": [1, {"b": null}]}'), (array[1,2], '{}'::jsonb || '{"c":"\\;"}');
create view y as select a[1:2], a[:2] as head, b->'a'->>1 as o, b #>> '{a,1}' p, 5!= -1 as q, 2*-1 as r, 1--1
 as s, @ -3 as t, b'101' u, x'1F' w from x;
select 1 as one,

2 as two;
prepare s (int) as select $1::int;
execute s (1);
insert into x (b) values (to_jsonb($$a

b$$::text));
