\ir customers.sql
\ir orders.sql
\ir orders_indexes.sql
