select 1 = 1 as yes, 1 = 2 as no \gset
\if :yes
insert into said values ('yes');
\else
insert into said values ('not yes');
\endif
\if :no
insert into said values ('no');
\elif :yes
insert into said values ('elif');
\else
insert into said values ('else');
\endif
