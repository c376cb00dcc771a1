begin isolation level serializable;
select 1;
commit and chain;
select 'still the same';
start transaction read write;
