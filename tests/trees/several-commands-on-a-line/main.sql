select 1; \i a.sql \i a.sql \\ select 3;
