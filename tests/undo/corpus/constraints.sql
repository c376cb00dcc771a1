--- exact
alter table shop.plain add constraint positive check (a > 0);
--- exact
alter table shop.plain add check (a > 0) not valid;
--- exact
alter table shop.plain add constraint positive check (a > 0) no inherit;
--- exact
alter table shop.plain add primary key (a);
--- exact
alter table shop.plain add constraint plain_key unique (a, b) include (c);
--- exact
alter table shop.plain add constraint plain_key unique nulls not distinct (a);
--- exact
create unique index plain_unique on shop.plain (a); alter table shop.plain add constraint plain_key unique using index plain_unique;
--- exact
create unique index plain_unique on shop.referenced (x); alter table shop.referenced add primary key using index plain_unique;
--- exact
alter table shop.plain add foreign key (a) references shop.orders (id) on delete set null not valid;
--- exact
alter table shop.plain add constraint fk foreign key (a) references shop.orders deferrable initially deferred;
--- exact
alter table shop.plain add constraint no_dates exclude using gist (daterange(d, d, '[]') with &&) where (a > 5);
--- exact
alter table shop.orders drop constraint orders_amount;
--- exact
alter table shop.orders drop constraint orders_once;
--- exact
alter table shop.orders drop constraint orders_pkey;
--- exact
alter table shop.orders drop constraint orders_customer_fkey;
--- exact
alter table shop.customers drop constraint named;
--- exact
alter table shop.customers drop constraint customers_pkey cascade;
--- exact
alter table shop.customers drop constraint customers_email_key;
--- exact
alter table shop.referencing drop constraint referencing_fk;
--- exact
alter table shop.referenced drop constraint referenced_key cascade;
--- exact
alter table shop.booked drop constraint no_overlap;
--- exact
alter table shop.typed drop constraint typed_pkey;
--- exact
alter table shop.orders drop constraint if exists not_there;
--- exact
alter table shop.orders rename constraint orders_amount to amount_limit;
--- exact
alter table shop.orders rename constraint orders_pkey to pk;
--- exact
alter table shop.orders rename constraint orders_customer_fkey to fk;
--- exact
alter table shop.referencing alter constraint referencing_fk not deferrable;
--- exact
alter table shop.orders alter constraint orders_customer_fkey deferrable initially deferred;
--- exact from 18
alter table shop.referencing alter constraint referencing_fk not enforced;
--- exact from 18
alter table shop.plain add constraint positive check (a > 0) not enforced;
--- exact
alter table shop.orders drop constraint orders_amount, add constraint orders_amount check (amount < 5000);
--- exact
alter table shop.orders drop constraint orders_customer_fkey, add constraint orders_customer_fkey foreign key (customer) references shop.customers;
--- exact
alter table shop.orders drop constraint orders_pkey, add primary key (id, customer);
--- exact
alter table shop.plain add constraint positive check (a > 0) not valid; alter table shop.plain validate constraint positive;
--- exact from 18
alter table shop.plain add constraint given not null a;
--- exact from 18
alter table shop.plain add constraint given not null a not valid;
--- exact from 18
alter table shop.customers rename constraint customers_name_not_null to nn;
--- refused from 18: own now
alter table shop.parent alter constraint parent_kind_not_null no inherit;
--- exact
comment on constraint orders_amount on shop.orders is 'a lot';
--- exact
comment on constraint named on shop.customers is null;
--- exact
alter domain shop.amount drop constraint not_negative;
--- exact
alter domain shop.amount add constraint small check (value < 1000000);
--- exact
alter domain shop.amount add constraint small check (value < 1000000) not valid;
--- exact
alter domain shop.amount rename constraint not_negative to positive;
--- exact
comment on constraint not_negative on domain shop.amount is 'other';
