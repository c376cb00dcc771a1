create table demo.customers (
    id integer generated always as identity primary key,
    name text not null
);

insert into demo.customers (name) values ('Ada'), ('Grace');
