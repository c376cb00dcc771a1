comment on table things_archive is :'columns';
