--- exact
create text search dictionary shop.fresh (template = simple, stopwords = english);
--- exact
create text search configuration shop.fresh (copy = pg_catalog.english); comment on text search configuration shop.fresh is 'x';
--- exact
create text search configuration shop.fresh (parser = pg_catalog."default"); alter text search configuration shop.fresh add mapping for word with shop.words;
--- exact
create text search template shop.fresh (init = dsimple_init, lexize = dsimple_lexize);
--- exact
create text search parser shop.fresh (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline);
--- exact
drop text search configuration shop.search;
--- exact
drop text search dictionary shop.words cascade;
--- exact
alter text search dictionary shop.words (stopwords = german);
--- exact
alter text search dictionary shop.words (stopwords, accept = false);
--- exact
alter text search dictionary shop.words rename to terms;
--- exact
alter text search dictionary shop.words set schema stock;
--- exact
alter text search dictionary shop.words owner to undo_owner;
--- exact
alter text search configuration shop.search rename to find;
--- exact
alter text search configuration shop.search set schema stock;
--- exact
alter text search configuration shop.search owner to undo_owner;
--- exact
alter text search configuration shop.search alter mapping for word with simple, shop.words;
--- exact
alter text search configuration shop.search drop mapping for word, email;
--- exact
alter text search configuration shop.search alter mapping replace shop.words with simple;
--- exact
comment on text search dictionary shop.words is 'x';
--- exact
comment on text search configuration shop.search is null;
