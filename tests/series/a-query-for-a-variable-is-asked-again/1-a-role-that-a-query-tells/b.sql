grant select on a to :"me";
