select 'd';
