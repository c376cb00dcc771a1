-- mainsql: always
select check_all();
