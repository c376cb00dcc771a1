insert into bar values (1);
insert into foo values (1);
