select e'a''\';', e'' --c --d '\';', 'a''\';
select e'a''b
c\';'
, e'a' 
'\', e'a'--'\'
;
\set v 'e''a'' -- c\n  ''\\'';'''
select :v, 1;
\set v 'e''''\n'
select :v'\';
