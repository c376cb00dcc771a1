--
-- PostgreSQL database dump
--

\restrict abcdef

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.t (
    id integer NOT NULL
);


COPY public.t (id) FROM stdin;
1
2
\.


ALTER TABLE ONLY public.t
    ADD CONSTRAINT t_pkey PRIMARY KEY (id);

\unrestrict abcdef
