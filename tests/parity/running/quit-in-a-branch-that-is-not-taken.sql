select false as done, true as t \gset
\if :t
  \if :done
    \q
  \else
    insert into said values ('else');
  \endif
  insert into said values ('inner');
  \set color blue
\endif
insert into said values ('after');
insert into said values (:'color');
