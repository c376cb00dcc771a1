\set v on
\if :v
select 1;
\endif
\if :{?w}
select 2;
\elif :{?v}
select 3;
\endif
