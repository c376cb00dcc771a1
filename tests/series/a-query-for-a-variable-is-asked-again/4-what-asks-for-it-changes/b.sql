grant select, insert on a to :"me";
