-- The tree of the quick start. Each file is read in this order, all of it in one transaction.
\ir schema.sql
\ir tables/customers.sql
\ir tables/orders.sql
\ir views/turnover.sql
