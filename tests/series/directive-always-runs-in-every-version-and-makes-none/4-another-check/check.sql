-- mainsql: always
select check_all(strict => true);
