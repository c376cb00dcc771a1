create table a (
    id int,
    name text
);
insert into a values (1, 'one');
