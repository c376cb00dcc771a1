select 'tr' as head \gset
\set tail ue
\if :head:tail
insert into said values ('joined');
\endif
\if not :head
insert into said values ('nonsense');
\endif
