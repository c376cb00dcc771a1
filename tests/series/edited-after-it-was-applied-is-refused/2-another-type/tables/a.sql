create table a (
    id bigint,
    name text
);
insert into a values (1, 'one');
