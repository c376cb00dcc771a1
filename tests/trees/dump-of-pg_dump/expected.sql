-- main.sql:7
SET statement_timeout = 0;
-- main.sql:8
SELECT pg_catalog.set_config('search_path', '', false);
-- main.sql:10
CREATE TABLE public.t (
    id integer NOT NULL
);
-- main.sql:15
COPY public.t (id) FROM stdin;
1
2
\.
-- main.sql:21
ALTER TABLE ONLY public.t
    ADD CONSTRAINT t_pkey PRIMARY KEY (id);
