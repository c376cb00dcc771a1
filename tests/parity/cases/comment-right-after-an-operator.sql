select 2+--c;
1;