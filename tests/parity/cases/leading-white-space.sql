  
	 select 1;