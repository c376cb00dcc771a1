\set color red
\set shape round
select false as f, true as t \gset
\if :f
  \set color blue
\elif :t
  \unset shape
  insert into said values (:'color');
\endif
insert into said values (:'color');
\if :{?shape}
insert into said values ('shape');
\endif
\set color green
insert into said values (:'color');
