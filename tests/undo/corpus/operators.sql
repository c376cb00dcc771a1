--- exact
create operator shop.<<>> (leftarg = text, rightarg = text, function = textne);
--- exact
create operator shop.!! (rightarg = integer, function = shop.twice);
--- exact
drop operator shop.=== (integer, integer);
--- exact
alter operator shop.=== (integer, integer) owner to undo_owner;
--- exact
alter operator shop.=== (integer, integer) set schema stock;
--- exact
alter operator shop.=== (integer, integer) set (restrict = eqsel, join = eqjoinsel);
--- exact
comment on operator shop.=== (integer, integer) is null;
--- exact
create operator family shop.fresh using hash;
--- exact
create operator class shop.fresh for type integer using hash as operator 1 =, function 1 hashint4(integer);
--- exact
drop operator class shop.by_number using btree;
--- exact
drop operator family shop.family using btree;
--- exact
drop operator family shop.by_number using btree cascade;
--- exact
alter operator class shop.by_number using btree rename to numeric_order;
--- exact
alter operator class shop.by_number using btree set schema stock;
--- exact
alter operator class shop.by_number using btree owner to undo_owner;
--- exact
alter operator family shop.family using btree rename to relatives;
--- exact
alter operator family shop.family using btree owner to undo_owner;
--- exact
alter operator family shop.family using btree add operator 1 < (integer, bigint), function 1 (integer, bigint) btint48cmp(integer, bigint);
--- exact
create cast (shop.pair as text) with inout;
--- exact
create cast (shop.code as shop.amount) with inout;
--- exact
drop cast (boolean as shop.pair);
--- exact
drop cast (boolean as shop.pair); create cast (boolean as shop.pair) with function shop.to_amount(boolean) as implicit;
--- exact
comment on cast (boolean as shop.pair) is null;
--- exact
create collation shop.fresh (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
--- exact
create collation shop.fresh from "C"; comment on collation shop.fresh is 'x';
--- exact
drop collation shop.german;
--- exact
alter collation shop.german rename to deutsch;
--- exact
alter collation shop.german set schema stock;
--- exact
alter collation shop.german owner to undo_owner;
--- exact
create default conversion shop.fresh for 'LATIN2' to 'UTF8' from iso8859_to_utf8;
--- exact
drop conversion shop.conversion;
--- exact
alter conversion shop.conversion rename to converter;
--- exact
alter conversion shop.conversion owner to undo_owner;
--- exact
create access method fresh type index handler bthandler; comment on access method fresh is 'x';
--- lossy kept: rows of shop.stacked
drop access method stack cascade;
--- exact
comment on access method stack is 'x';
