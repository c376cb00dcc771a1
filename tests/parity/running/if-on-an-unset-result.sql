select null as n \gset
\if :{?n}
insert into said values ('set');
\else
insert into said values ('unset');
\endif
\if :n
insert into said values ('true');
\else
insert into said values ('false');
\endif
