select 'shop';
