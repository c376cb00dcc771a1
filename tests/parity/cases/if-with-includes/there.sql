select 'there';
