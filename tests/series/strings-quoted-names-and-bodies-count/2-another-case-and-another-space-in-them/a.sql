select 'Shop';
