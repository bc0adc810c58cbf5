--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE sql AS $_$ INSERT INTO log VALUES ('x'); $_$;

CREATE TABLE public.users (
    id integer NOT NULL,
    mail text DEFAULT 'a,b'::text,
    CONSTRAINT c CHECK ((id > 0))
);

COPY public.users (id, mail) FROM stdin;
1	ann@example.com
2	\N
3	to\tbob@example.com
\.

INSERT INTO public.users VALUES (4, 'o''neil'), (5, E'ann@example.com\n') ON CONFLICT DO NOTHING;
INSERT INTO public.notes (id, "Text", at) VALUES (1, 'by ann@example.com'::text, now());
SELECT pg_catalog.setval('public.users_id_seq', 5, true);
UPDATE public.users SET mail = 'eve@example.com' WHERE id = 9;
