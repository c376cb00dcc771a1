select true as t, false as f \gset
\if :t
  \if :f
    insert into said values ('tf');
  \elif true
    insert into said values ('t-true');
  \else
    insert into said values ('t-else');
  \endif
  \if false
    \i there/is/none.sql
  \else
    insert into said values ('known');
  \endif
\else
  \if :t
    insert into said values ('else t');
  \endif
\endif
