\set columns 'changed inside'
comment on table things is :'columns';
