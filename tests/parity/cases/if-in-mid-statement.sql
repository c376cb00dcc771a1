select 1
\if false
  , (2
\elif true
  , 3
\else
  , 4;
\endif
  , 5;
