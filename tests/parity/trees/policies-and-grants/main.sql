create table accounts (id int primary key, owner name default current_user, secret text);
alter table accounts enable row level security;
create policy mine on accounts using (owner = current_user) with check (secret is not null or id > 0);
grant select on accounts to public;
grant update (secret) on accounts to public;
alter default privileges grant select on tables to public;
\ir more.sql
