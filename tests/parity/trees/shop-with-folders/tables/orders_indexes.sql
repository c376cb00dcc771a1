create index on orders (customer) where status <> 'sent;';
create index orders_tags on orders using gin (tags);