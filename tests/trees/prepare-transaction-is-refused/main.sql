select 1;
prepare transaction 'mine';
