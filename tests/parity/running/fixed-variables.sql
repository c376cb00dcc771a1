insert into said values (:'AUTOCOMMIT'), (:'ENCODING'), (:'ERROR'), (:'SQLSTATE'), (:'LAST_ERROR_SQLSTATE'), (:'LAST_ERROR_MESSAGE');
insert into said values (:'USER'), (:'SERVER_VERSION_NUM'), (:'SERVER_VERSION_NAME');
insert into said values (:'ON_ERROR_ROLLBACK'), (:'FETCH_COUNT');
\if :{?DBNAME}
insert into said values ('there');
\endif
