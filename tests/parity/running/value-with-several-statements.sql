select 'insert into said values (1); insert into said values (2)' as both, ':third' as second, 'insert into said values (3)' as third \gset
:both;
:second;
