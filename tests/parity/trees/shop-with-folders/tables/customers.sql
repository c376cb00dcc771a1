create table customers (
	id bigint generated always as identity primary key,


	name text not null default 'a;b',
	email text unique check (email like '%@%')
);
