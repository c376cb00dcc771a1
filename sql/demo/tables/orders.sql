create table demo.orders (
    id integer generated always as identity primary key,
    customer_id integer not null references demo.customers,
    amount numeric(12, 2) not null check (amount >= 0),
    ordered_at timestamptz not null default now()
);

insert into demo.orders (customer_id, amount)
select id, 10 * id from demo.customers;
