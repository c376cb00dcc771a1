select 1
  
