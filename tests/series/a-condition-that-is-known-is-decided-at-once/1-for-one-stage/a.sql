select :'stage';
