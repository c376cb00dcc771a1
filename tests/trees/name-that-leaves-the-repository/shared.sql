select 'inside';
