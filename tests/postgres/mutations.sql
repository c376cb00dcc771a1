-- One change of one property at a time, of what fingerprint.sql makes. Each begins with a line that names
-- the catalog columns whose values it changes; `since` is the first major version that has it. What comes before
-- `then` is there before the change.

-- Aggregates

--: pg_aggregate.aggtransfn
drop aggregate s.sum_of(int);
create aggregate s.sum_of(int) (sfunc = int4mi, stype = int, initcond = '0');

--: pg_aggregate.aggfinalfn
create or replace aggregate s.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc = int4um);

--: pg_aggregate.aggfinalextra
create or replace aggregate s.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc =
    s.final, finalfunc_extra);

--: pg_aggregate.aggfinalmodify
create or replace aggregate s.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc_modify
    = read_write);

--: pg_aggregate.aggcombinefn
create or replace aggregate s.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0', combinefunc =
    int4pl);

--: pg_aggregate.agginitval
create or replace aggregate s.sum_of(int) (sfunc = int4pl, stype = int, initcond = '1');

--: pg_aggregate.aggtransspace
create or replace aggregate s.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0', sspace = 16);

--: pg_aggregate.aggsortop
create or replace aggregate s.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0', sortop = <);

--: pg_aggregate.aggtranstype
drop aggregate s.sum_of(int);
create aggregate s.sum_of(int) (sfunc = int84pl, stype = int8, initcond = '0');

--: pg_aggregate.aggserialfn pg_aggregate.aggdeserialfn
create or replace aggregate s.average(numeric) (sfunc = numeric_avg_accum, stype = internal, finalfunc =
    numeric_avg, combinefunc = numeric_avg_combine, serialfunc = numeric_avg_serialize, deserialfunc =
    numeric_avg_deserialize);

--: pg_aggregate.aggmtransfn pg_aggregate.aggminvtransfn
create or replace aggregate s.moving(int) (sfunc = int4pl, stype = int, msfunc = int4mi, minvfunc =
    int4pl, mstype = int);

--: pg_aggregate.aggmfinalfn
create or replace aggregate s.moving(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc =
    int4mi, mstype = int, mfinalfunc = int4um);

--: pg_aggregate.aggmfinalextra
create or replace aggregate s.moving(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc =
    int4mi, mstype = int, mfinalfunc = s.final, mfinalfunc_extra);

--: pg_aggregate.aggmfinalmodify
create or replace aggregate s.moving(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc =
    int4mi, mstype = int, mfinalfunc_modify = read_write);

--: pg_aggregate.aggmtransspace
create or replace aggregate s.moving(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc =
    int4mi, mstype = int, msspace = 16);

--: pg_aggregate.aggminitval
create or replace aggregate s.moving(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc =
    int4mi, mstype = int, minitcond = '3');

--: pg_aggregate.aggmtranstype
create or replace aggregate s.moving(int) (sfunc = int4pl, stype = int);

--: pg_aggregate.aggkind pg_aggregate.aggnumdirectargs
drop aggregate s.two(float8, float8);
create aggregate s.two(float8 order by float8) (sfunc = s.add, stype = float8, finalfunc = s.add);

-- Access methods, operator classes and families

--: pg_am.amhandler pg_am.amtype
drop access method another_heap;
create access method another_heap type index handler bthandler;

--: pg_am.amname
drop access method another_heap;
create access method third_heap type table handler heap_tableam_handler;

--: pg_amop.amopfamily pg_amop.amoplefttype pg_amop.amoprighttype pg_amop.amopstrategy pg_amop.amopmethod
alter operator family s.family using btree add operator 1 < (float4, float8);

--: pg_amop.amopopr
drop operator class s.ops using btree;
create operator class s.ops for type float8 using btree family s.family as operator 1 <, operator 2 <=,
    operator 3 s.===, operator 4 >=, operator 5 >, function 1 btfloat8cmp(float8, float8);

--: pg_amop.amoppurpose pg_amop.amopsortfamily
create operator family s.spatial using gist;
alter operator family s.spatial using gist add operator 15 <-> (point, point) for order by float_ops;

--: pg_amproc.amprocfamily pg_amproc.amproclefttype pg_amproc.amprocrighttype pg_amproc.amprocnum
alter operator family s.family using btree add function 1 (float4, float8) btfloat48cmp(float4, float8);

--: pg_amproc.amproc
create function s.compare(float8, float8) returns int language sql immutable as 'select 1';
drop operator class s.ops using btree;
create operator class s.ops for type float8 using btree family s.family as operator 1 <, operator 2 <=,
    operator 3 =, operator 4 >=, operator 5 >, function 1 s.compare(float8, float8);

--: pg_opclass.opcname
alter operator class s.ops using btree rename to ops2;

--: pg_opclass.opcnamespace
alter operator class s.ops using btree set schema s2;

--: pg_opclass.opcowner
alter operator class s.ops using btree owner to pg_monitor;

--: pg_opclass.opcfamily
create operator family s.family2 using btree;
drop operator class s.ops using btree;
create operator class s.ops for type float8 using btree family s.family2 as operator 1 <, operator 2 <=,
    operator 3 =, operator 4 >=, operator 5 >, function 1 btfloat8cmp(float8, float8);

--: pg_opclass.opcintype
drop operator class s.ops using btree;
create operator class s.ops for type float4 using btree family s.family as operator 1 <, operator 2 <=,
    operator 3 =, operator 4 >=, operator 5 >, function 1 btfloat4cmp(float4, float4);

--: pg_opclass.opcdefault
drop operator class s.gist_ops using gin;
create operator class s.gist_ops default for type s.base using gin as function 1 bttextcmp(text, text),
    storage text;

--: pg_opclass.opckeytype
drop operator family s.gist_ops using gin;
create operator class s.gist_ops for type text using gin as function 1 btint4cmp(int, int), storage int;

--: pg_opclass.opcmethod pg_opfamily.opfmethod
create operator class s.hash_ops for type float8 using hash as operator 1 =;

--: pg_opfamily.opfname
alter operator family s.family using btree rename to family2;

--: pg_opfamily.opfnamespace
alter operator family s.family using btree set schema s2;

--: pg_opfamily.opfowner
alter operator family s.family using btree owner to pg_monitor;

--: pg_operator.oprname
drop operator s.=== (float8, float8);
create operator s.==== (leftarg = float8, rightarg = float8, function = s.alike);

--: pg_operator.oprnamespace
alter operator s.=== (float8, float8) set schema s2;

--: pg_operator.oprowner
alter operator s.=== (float8, float8) owner to pg_monitor;

--: pg_operator.oprcanmerge pg_operator.oprcanhash
drop operator s.=== (float8, float8);
create operator s.=== (leftarg = float8, rightarg = float8, function = s.alike, merges, hashes);

--: pg_operator.oprresult
drop operator s.=== (float8, float8);
create operator s.=== (leftarg = float8, rightarg = float8, function = s.add);

--: pg_operator.oprcom
drop operator s.=== (float8, float8);
create operator s.=== (leftarg = float8, rightarg = float8, function = s.alike, commutator =
    operator(s.===));

--: pg_operator.oprnegate
drop operator s.=== (float8, float8);
create operator s.=== (leftarg = float8, rightarg = float8, function = s.alike, negator = operator(s.!==));

--: pg_operator.oprcode
drop operator s.=== (float8, float8);
create operator s.=== (leftarg = float8, rightarg = float8, function = s.alike2);

--: pg_operator.oprrest
alter operator s.=== (float8, float8) set (restrict = eqsel);

--: pg_operator.oprjoin
alter operator s.=== (float8, float8) set (join = eqjoinsel);

--: pg_operator.oprkind pg_operator.oprleft pg_operator.oprright
create operator s.@@@ (rightarg = int, function = int4um);

-- Columns and their defaults

--: pg_attrdef.adbin
alter table s.t alter a set default 2;

--: pg_attribute.attname
alter table s.t rename b to b2;

--: pg_attribute.atttypmod
alter table s.t alter d type numeric(12, 2);

--: pg_attribute.atttypid
alter table s.t alter q type int8;

--: pg_attribute.attnum
alter table s.t drop q, add q int;

--: pg_attribute.attisdropped
alter table s.t drop q;

--: pg_attribute.attstorage
alter table s.t alter b set storage main;

--: pg_attribute.attcompression
alter table s.t alter b set compression pglz;

--: pg_attribute.attnotnull
alter table s.t alter b set not null;

--: pg_attribute.attidentity
alter table s.t alter id set generated always;

--: pg_attribute.attgenerated
alter table s.t alter g drop expression;

--: pg_attribute.attinhcount
alter table s.child no inherit s.parent;

--: pg_attribute.attislocal
drop table s.child;
create table s.child (id int, k int, name text, c int) inherits (s.parent, s.other);

--: pg_attribute.attcollation
alter table s.t alter c type varchar(10) collate "POSIX";

--: pg_attribute.attstattarget
alter table s.t alter b set statistics 17;

--: pg_attribute.attstattarget
alter index s.partial alter column 1 set statistics 17;

--: pg_attribute.attacl
grant select (b) on s.t to pg_monitor;

--: pg_attribute.attoptions
alter table s.t alter b set (n_distinct = 5);

--: pg_attribute.attfdwoptions
alter foreign table s.far alter a options (set column_name 'y');

-- Casts, collations, conversions, transforms

--: pg_cast.castfunc
drop cast (int as s.mood);
create cast (int as s.mood) with function s.to_mood2(int);

--: pg_cast.castcontext
drop cast (int as s.mood);
create cast (int as s.mood) with function s.to_mood(int) as assignment;

--: pg_cast.castmethod
drop cast (int as s.mood);
create cast (int as s.mood) with inout;

--: pg_cast.castsource
drop cast (int as s.mood);
create cast (s.pair as s.mood) with inout;

--: pg_cast.casttarget
drop cast (int as s.mood);
create cast (int as s.pair) with inout;

--: pg_collation.collname
alter collation s.coll rename to coll2;

--: pg_collation.collnamespace
alter collation s.coll set schema s2;

--: pg_collation.collowner
alter collation s.coll owner to pg_monitor;

--: pg_collation.collcollate
drop collation s.coll;
create collation s.coll (lc_collate = 'POSIX', lc_ctype = 'C');

--: pg_collation.collctype
drop collation s.coll;
create collation s.coll (lc_collate = 'C', lc_ctype = 'POSIX');

--: pg_collation.collprovider pg_collation.colllocale since 17
drop collation s.coll;
create collation s.coll (provider = builtin, locale = 'C.UTF-8');

--: pg_conversion.conname
alter conversion s.conversion rename to conversion2;

--: pg_conversion.connamespace
alter conversion s.conversion set schema s2;

--: pg_conversion.conowner
alter conversion s.conversion owner to pg_monitor;

--: pg_conversion.conforencoding pg_conversion.conproc
drop conversion s.conversion;
create conversion s.conversion for 'LATIN2' to 'UTF8' from iso8859_to_utf8;

--: pg_conversion.contoencoding
drop conversion s.conversion;
create conversion s.conversion for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1;

--: pg_conversion.condefault
drop conversion s.conversion;
create default conversion s.conversion for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;

--: pg_transform.trftosql
drop transform for int language sql;
create transform for int language sql (from sql with function prsd_lextype(internal), to sql with
    function int4recv(internal));

--: pg_transform.trffromsql
drop transform for int language sql;
create transform for int language sql (to sql with function int4recv(internal));

--: pg_transform.trftype pg_transform.trflang
drop transform for int language sql;
create transform for int8 language another (from sql with function prsd_lextype(internal));

-- Relations

--: pg_class.relname
alter table s.plain rename to plain2;

--: pg_class.relnamespace
alter table s.plain set schema s2;

--: pg_class.reloftype
create table s.typed (x int, y text);
alter table s.typed of s.pair;
alter table s.typed not of;
drop table s.plain;
create table s.plain of s.pair;

--: pg_class.relowner
alter table s.plain owner to pg_monitor;

--: pg_class.relam
drop table s.plain;
create table s.plain (x int, y text) using another_heap;

--: pg_class.reltablespace
alter table s.plain set tablespace :tablespace;

--: pg_class.relpersistence
alter table s.plain set unlogged;

--: pg_class.relkind
drop view s.v;
create table s.v (a int, b text);

--: pg_class.relrowsecurity
alter table s.plain enable row level security;

--: pg_class.relforcerowsecurity
alter table s.plain force row level security;

--: pg_class.relispopulated
refresh materialized view s.m with no data;

--: pg_class.relreplident
alter table s.plain replica identity full;

--: pg_class.relispartition
alter table s.parted detach partition s.part;

--: pg_class.relpartbound
alter table s.parted detach partition s.part;
alter table s.parted attach partition s.part for values from (0) to (11);

--: pg_class.relacl
grant select on s.plain to pg_monitor;

--: pg_class.reloptions
alter table s.plain set (fillfactor = 50);

--: pg_class.reloptions
alter view s.v set (security_barrier);

--: pg_class.toast
alter table s.t set (toast.autovacuum_enabled = false);

-- Constraints

--: pg_constraint.conname
alter table s.t rename constraint positive to positive2;

--: pg_constraint.contype
alter table s.t drop constraint uq;
alter table s.t add constraint uq primary key (a);

--: pg_constraint.condeferrable
alter table s.t alter constraint fk deferrable;

--: pg_constraint.condeferred
alter table s.t alter constraint fk deferrable initially deferred;

--: pg_constraint.conenforced since 18
alter table s.t alter constraint fk not enforced;

--: pg_constraint.convalidated
alter table s.t drop constraint positive;
alter table s.t add constraint positive check (a > 0) not valid;

--: pg_constraint.conbin
alter table s.t drop constraint positive;
alter table s.t add constraint positive check (a > 1);

--: pg_constraint.confrelid
alter table s.t drop constraint fk;
alter table s.t add constraint fk foreign key (p) references s.other (id);

--: pg_constraint.confupdtype
alter table s.t drop constraint fk;
alter table s.t add constraint fk foreign key (p) references s.parent (id) on update cascade;

--: pg_constraint.confdeltype
alter table s.t drop constraint fk;
alter table s.t add constraint fk foreign key (p) references s.parent (id) on delete cascade;

--: pg_constraint.confdelsetcols since 15
alter table s.t drop constraint fk;
alter table s.t add constraint fk foreign key (p) references s.parent (id) on delete set null (p);

--: pg_constraint.confmatchtype
alter table s.t drop constraint fk;
alter table s.t add constraint fk foreign key (p) references s.parent (id) match full;

--: pg_constraint.conkey
alter table s.t drop constraint fk;
alter table s.t add constraint fk foreign key (q) references s.parent (id);

--: pg_constraint.confkey
alter table s.t drop constraint fk;
alter table s.t add constraint fk foreign key (p) references s.parent (k);

--: pg_constraint.connoinherit
alter table s.t drop constraint positive;
alter table s.t add constraint positive check (a > 0) no inherit;

--: pg_constraint.conrelid
alter table s.plain add constraint c check (x > 0);
create table s.heir () inherits (s.plain);
alter table s.heir no inherit s.plain;

--: pg_constraint.coninhcount pg_constraint.conislocal
alter table s.parted add constraint c check (k > 0);

--: pg_constraint.conparentid
alter table s.parted add constraint pu unique (k);

--: pg_constraint.conexclop
alter table s.t drop constraint excluded;
alter table s.t add constraint excluded exclude using gist (during with -|-);

--: pg_constraint.conperiod since 18
alter table s.t drop constraint excluded;
create table s.w (id int4range, at int4range, constraint w_pkey primary key (id, at without overlaps));

--: pg_constraint.contypid
alter domain s.short add constraint c check (value <> 'y');

-- The database, settings, default privileges, comments

--: pg_database.datacl
grant create on database :database to pg_monitor;

--: pg_database.datconnlimit
alter database :database connection limit 3;

--: pg_database.datdba
alter database :database owner to pg_monitor;

--: pg_db_role_setting.setconfig
alter database :database set work_mem = '6MB';

--: pg_db_role_setting.setrole pg_db_role_setting.setdatabase
alter role postgres in database :database set work_mem = '6MB';

--: pg_default_acl.defaclacl
alter default privileges in schema s grant insert on tables to pg_monitor;

--: pg_default_acl.defaclrole pg_default_acl.defaclnamespace pg_default_acl.defaclobjtype
alter default privileges for role pg_monitor in schema s2 grant usage on sequences to public;

--: pg_description.description
comment on table s.t is 'another';

--: pg_description.objoid pg_description.classoid pg_description.objsubid
comment on column s.t.a is 'a column';

-- Enums

--: pg_enum.enumlabel
alter type s.mood rename value 'ok' to 'fine';

--: pg_enum.enumtypid
alter type s.mood add value 'calm' before 'ok';

--: pg_enum.enumsortorder
drop cast (int as s.mood);
drop function s.to_mood(int), s.to_mood2(int);
drop type s.mood;
create type s.mood as enum ('ok', 'sad', 'happy');

-- Event triggers, extensions, foreign things

--: pg_event_trigger.evtname
alter event trigger watches rename to watches2;

--: pg_event_trigger.evtevent
drop event trigger watches;
create event trigger watches on ddl_command_start when tag in ('CREATE TABLE') execute function s.on_ddl();

--: pg_event_trigger.evtowner
create role a_superuser superuser;
alter event trigger watches owner to a_superuser;

--: pg_event_trigger.evtfoid
drop event trigger watches;
create event trigger watches on ddl_command_end when tag in ('CREATE TABLE') execute function s.on_ddl2();

--: pg_event_trigger.evtenabled
alter event trigger watches disable;

--: pg_event_trigger.evttags
drop event trigger watches;
create event trigger watches on ddl_command_end execute function s.on_ddl();

--: pg_extension.extname
create extension :extension;

--: pg_extension.extnamespace
create extension :extension schema s;
-- then
alter extension :extension set schema s2;

--: pg_extension.extowner
create extension :extension schema s;
create role a_superuser superuser;
-- then
drop extension :extension;
set local role a_superuser;
create extension :extension schema s;
reset role;

--: pg_foreign_data_wrapper.fdwname
alter foreign data wrapper w rename to w2;

--: pg_foreign_data_wrapper.fdwowner
create role a_superuser superuser;
alter foreign data wrapper w owner to a_superuser;

--: pg_foreign_data_wrapper.fdwhandler
alter foreign data wrapper w handler s.wrapper_handler;

--: pg_foreign_data_wrapper.fdwvalidator
alter foreign data wrapper w validator postgresql_fdw_validator options (drop debug);

--: pg_foreign_data_wrapper.fdwacl
grant usage on foreign data wrapper w to pg_monitor;

--: pg_foreign_data_wrapper.fdwoptions
alter foreign data wrapper w options (set debug 'y');

--: pg_foreign_server.srvname
alter server srv rename to srv3;

--: pg_foreign_server.srvowner
create role a_superuser superuser;
alter server srv owner to a_superuser;

--: pg_foreign_server.srvfdw
create foreign data wrapper w2;
drop server srv2;
create server srv2 foreign data wrapper w2;

--: pg_foreign_server.srvtype
drop server srv2;
create server srv2 type 'u' foreign data wrapper w;

--: pg_foreign_server.srvversion
alter server srv version '2';

--: pg_foreign_server.srvacl
grant usage on foreign server srv to pg_monitor;

--: pg_foreign_server.srvoptions
alter server srv options (set host 'i');

--: pg_foreign_table.ftserver
drop foreign table s.far;
create foreign table s.far (a int options (column_name 'x')) server srv2 options (tab 'x');

--: pg_foreign_table.ftoptions
alter foreign table s.far options (set tab 'y');

--: pg_user_mapping.umoptions
alter user mapping for public server srv options (set "user" 'y');

--: pg_user_mapping.umuser pg_user_mapping.umserver
create user mapping for pg_monitor server srv2;

-- Indexes

--: pg_index.indisunique
drop index s.by_b;
create unique index by_b on s.t (b, c);

--: pg_index.indnullsnotdistinct since 15
drop index s.by_b;
create unique index by_b on s.t (b, c) nulls not distinct;

--: pg_index.indisprimary
alter table s.t drop constraint uq;
alter table s.t add constraint uq primary key (a);

--: pg_index.indisexclusion
drop index s.by_b;
alter table s.t add constraint by_b exclude (b with =);

--: pg_index.indimmediate
alter table s.t drop constraint uq;
alter table s.t add constraint uq unique (a) deferrable;

--: pg_index.indisclustered
alter table s.t cluster on by_b;

--: pg_index.indisvalid
drop index s.parted_v_idx;
create index parted_v_idx on only s.parted (v);

--: pg_index.indisreplident
alter table s.clustered replica identity using index clustered_a;

--: pg_index.indkey
drop index s.by_b;
create index by_b on s.t (c, b);

--: pg_index.indnatts
drop index s.by_b;
create index by_b on s.t (b, c) include (d);

--: pg_index.indnkeyatts
drop index s.by_b;
create index by_b on s.t (b);

--: pg_index.indcollation
drop index s.by_b;
create index by_b on s.t (b collate "C", c);

--: pg_index.indclass
drop index s.by_b;
create index by_b on s.t (b text_pattern_ops, c);

--: pg_index.indoption
drop index s.by_b;
create index by_b on s.t (b desc, c);

--: pg_index.indexprs
drop index s.partial;
create index partial on s.t (upper(b)) where a > 0;

--: pg_index.indpred
drop index s.partial;
create index partial on s.t (lower(b)) where a > 1;

--: pg_index.indrelid
drop index s.by_b;
create index by_b on s.plain (y);

--: pg_class.reloptions
alter index s.by_b set (fillfactor = 60);

--: pg_class.relam
drop index s.by_b;
create index by_b on s.t using hash (b);

-- Inheritance and partitions

--: pg_inherits.inhseqno
alter table s.child no inherit s.parent, no inherit s.other, inherit s.other, inherit s.parent;

--: pg_inherits.inhrelid pg_inherits.inhparent
alter table s.parted attach partition s.apart for values from (20) to (30);

--: pg_partitioned_table.partstrat
drop table s.parted;
create table s.parted (k int not null, v text) partition by list (k);

--: pg_partitioned_table.partnatts
drop table s.parted;
create table s.parted (k int not null, v text) partition by range (k, v);

--: pg_partitioned_table.partattrs
drop table s.parted;
create table s.parted (k int not null, v text) partition by range (v);

--: pg_partitioned_table.partexprs pg_partitioned_table.partcollation
drop table s.parted;
create table s.parted (k int not null, v text) partition by range (k, (v || 'x') collate "C");

--: pg_partitioned_table.partclass
drop table s.parted;
create table s.parted (k float8 not null, v text) partition by range (k s.ops);

-- Languages, schemas

--: pg_language.lanname
alter language another rename to another2;

--: pg_language.lanowner
alter language another owner to pg_monitor;

--: pg_language.lanpltrusted
drop transform for int language sql;
drop language another;
create trusted language another handler plpgsql_call_handler inline plpgsql_inline_handler validator
    plpgsql_validator;

--: pg_language.lanplcallfoid
create function s.handler() returns language_handler language internal as 'heap_tableam_handler';
drop language another;
create language another handler s.handler inline plpgsql_inline_handler validator plpgsql_validator;

--: pg_language.laninline
drop language another;
create language another handler plpgsql_call_handler validator plpgsql_validator;

--: pg_language.lanvalidator
drop language another;
create language another handler plpgsql_call_handler inline plpgsql_inline_handler;

--: pg_language.lanacl
create trusted language third handler plpgsql_call_handler;
grant usage on language third to pg_monitor;

--: pg_namespace.nspname
alter schema s2 rename to s3;

--: pg_namespace.nspowner
alter schema s2 owner to pg_monitor;

--: pg_namespace.nspacl
grant usage on schema s2 to pg_monitor;

-- Policies

--: pg_policy.polname
alter policy p on s.t rename to p2;

--: pg_policy.polcmd
drop policy p on s.t;
create policy p on s.t for delete using (a > 1);

--: pg_policy.polpermissive
drop policy p on s.t;
create policy p on s.t as restrictive for select using (a > 1);

--: pg_policy.polroles
alter policy p on s.t to pg_monitor;

--: pg_policy.polqual
alter policy p on s.t using (a > 2);

--: pg_policy.polwithcheck
alter policy p_all on s.t with check (a > 2);

--: pg_policy.polrelid
drop policy p on s.t;
create policy p on s.plain for select using (x > 1);

-- Routines

--: pg_proc.proname
alter function s.f(int, text) rename to f2;

--: pg_proc.pronamespace
alter function s.f(int, text) set schema s2;

--: pg_proc.proowner
alter function s.f(int, text) owner to pg_monitor;

--: pg_proc.prolang
create or replace function s.f(a int, b text default 'q') returns int language plpgsql immutable as
    'begin return 1; end';

--: pg_proc.procost
alter function s.f(int, text) cost 7;

--: pg_proc.prorows
alter function s.rows(int) rows 7;

--: pg_proc.provariadic
create function s.many(variadic a int[]) returns int language sql as 'select 1';

--: pg_proc.prosupport
alter function s.f(int, text) support generate_series_int4_support;

--: pg_proc.prokind
drop procedure s.p(int);
create function s.p(a int) returns void language sql as 'select 1';

--: pg_proc.prosecdef
alter function s.f(int, text) security definer;

--: pg_proc.proleakproof
alter function s.f(int, text) leakproof;

--: pg_proc.proisstrict
alter function s.f(int, text) strict;

--: pg_proc.proretset
drop function s.f(int, text);
create function s.f(a int, b text default 'q') returns setof int language sql immutable as 'select 1';

--: pg_proc.provolatile
alter function s.f(int, text) stable;

--: pg_proc.proparallel
alter function s.f(int, text) parallel safe;

--: pg_proc.pronargdefaults
create or replace function s.f(a int default 1, b text default 'q') returns int language sql immutable
    as 'select 1';

--: pg_proc.proargdefaults
create or replace function s.f(a int, b text default 'r') returns int language sql immutable as 'select 1';

--: pg_proc.prorettype
drop function s.f(int, text);
create function s.f(a int, b text default 'q') returns int8 language sql immutable as 'select 1::int8';

--: pg_proc.pronargs pg_proc.proargtypes
drop function s.f(int, text);
create function s.f(a int, b text, c int) returns int language sql immutable as 'select 1';

--: pg_proc.proallargtypes pg_proc.proargmodes
drop function s.f(int, text);
create function s.f(a int, b text default 'q', out c int) language sql immutable as 'select 1';

--: pg_proc.proargnames
drop function s.f(int, text);
create function s.f(x int, b text default 'q') returns int language sql immutable as 'select 1';

--: pg_proc.protrftypes
create or replace function s.f(a int, b text default 'q') returns int transform for type int language
    sql immutable as 'select 1';

--: pg_proc.prosrc
create or replace function s.f(a int, b text default 'q') returns int language sql immutable as 'select 2';

--: pg_proc.prosqlbody
create or replace function s.f(a int, b text default 'q') returns int language sql immutable return 2;

--: pg_proc.proconfig
alter function s.f(int, text) set work_mem = '5MB';

--: pg_proc.proacl
grant execute on function s.f(int, text) to pg_monitor;

-- Publications and subscriptions

--: pg_publication.pubname
alter publication pub rename to pub2;

--: pg_publication.pubowner
create role a_superuser superuser;
alter publication pub owner to a_superuser;

--: pg_publication.puballtables
drop publication pub;
create publication pub for all tables with (publish = 'insert, update, delete, truncate');

--: pg_publication.pubinsert
alter publication pub set (publish = 'update, delete, truncate');

--: pg_publication.pubupdate
alter publication pub set (publish = 'insert, delete, truncate');

--: pg_publication.pubdelete
alter publication pub set (publish = 'insert, update, truncate');

--: pg_publication.pubtruncate
alter publication pub set (publish = 'insert, update, delete');

--: pg_publication.pubviaroot
alter publication pub set (publish_via_partition_root = true);

--: pg_publication.pubgencols since 18
alter publication pub set (publish_generated_columns = stored);

--: pg_publication_namespace.pnpubid pg_publication_namespace.pnnspid since 15
alter publication pub_schema add tables in schema s2;

--: pg_publication_rel.prqual since 15
alter publication pub set table s.t (a, b) where (a > 2);

--: pg_publication_rel.prattrs since 15
alter publication pub set table s.t (a, c) where (a > 1);

--: pg_publication_rel.prpubid pg_publication_rel.prrelid
alter publication pub add table s.plain;

--: pg_subscription.subname
alter subscription sub rename to sub2;

--: pg_subscription.subowner
create role a_superuser superuser;
alter subscription sub owner to a_superuser;

--: pg_subscription.subconninfo
alter subscription sub connection 'dbname=nothing';

--: pg_subscription.subslotname
alter subscription sub set (slot_name = 'a_slot');

--: pg_subscription.subenabled
alter subscription sub set (slot_name = 'a_slot');
alter subscription sub enable;

--: pg_subscription.subsynccommit
alter subscription sub set (synchronous_commit = 'on');

--: pg_subscription.subpublications
alter subscription sub set publication q with (refresh = false);

--: pg_subscription.subbinary
alter subscription sub set (binary = true);

--: pg_subscription.substream
alter subscription sub set (streaming = on);

--: pg_subscription.subdisableonerr since 15
alter subscription sub set (disable_on_error = true);

--: pg_subscription.subpasswordrequired since 16
alter subscription sub set (password_required = false);

--: pg_subscription.subrunasowner since 16
alter subscription sub set (run_as_owner = true);

--: pg_subscription.suborigin since 16
alter subscription sub set (origin = none);

--: pg_subscription.subtwophasestate since 15
drop subscription sub;
create subscription sub connection 'dbname=none' publication p with (connect = false, slot_name = none,
    two_phase = true);

--: pg_subscription.subfailover since 17
drop subscription sub;
create subscription sub connection 'dbname=none' publication p with (connect = false, slot_name = none,
    failover = true);

-- Ranges

--: pg_range.rngsubtype pg_range.rngsubdiff
drop type s.span;
create type s.span as range (subtype = int4, subtype_diff = int4range_subdiff);

--: pg_range.rngmultitypid
drop type s.span;
create type s.span as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = s.spans);

--: pg_range.rngcollation
drop type s.span;
create type s.span as range (subtype = text, collation = "C");

--: pg_range.rngsubopc
drop type s.span;
create type s.span as range (subtype = float8, subtype_diff = float8mi, subtype_opclass = s.ops);

--: pg_range.rngcanonical
drop type s.span;
create type s.span;
create function s.canonical(s.span) returns s.span language internal immutable as 'int4range_canonical';
create type s.span as range (subtype = float8, subtype_diff = float8mi, canonical = s.canonical);

-- Rules

--: pg_rewrite.rulename
alter rule r on s.plain rename to r2;

--: pg_rewrite.ev_class
drop rule r on s.plain;
create rule r as on update to s.parent do instead nothing;

--: pg_rewrite.ev_type
create or replace rule r as on delete to s.plain where old.x > 1 do instead nothing;

--: pg_rewrite.ev_enabled
alter table s.plain disable rule r;

--: pg_rewrite.is_instead
create or replace rule r as on update to s.plain where old.x > 1 do also nothing;

--: pg_rewrite.ev_qual
create or replace rule r as on update to s.plain where old.x > 2 do instead nothing;

--: pg_rewrite.ev_action
create or replace rule r as on update to s.plain where old.x > 1 do instead select 1;

--: pg_class.definition
create or replace view s.v as select a, b from s.t where a > 1;

-- Sequences

--: pg_sequence.seqtypid pg_sequence.seqmax
alter sequence s.numbers as int maxvalue 9223;

--: pg_sequence.seqstart
alter sequence s.numbers start 3;

--: pg_sequence.seqincrement
alter sequence s.numbers increment 3;

--: pg_sequence.seqmin
alter sequence s.numbers minvalue -3;

--: pg_sequence.seqcache
alter sequence s.numbers cache 3;

--: pg_sequence.seqcycle
alter sequence s.numbers cycle;

-- Statistics objects

--: pg_statistic_ext.stxrelid
drop statistics s.statistics;
create statistics s.statistics (ndistinct) on x, y from s.plain;

--: pg_statistic_ext.stxname
alter statistics s.statistics rename to statistics2;

--: pg_statistic_ext.stxnamespace
alter statistics s.statistics set schema s2;

--: pg_statistic_ext.stxowner
alter statistics s.statistics owner to pg_monitor;

--: pg_statistic_ext.stxstattarget
alter statistics s.statistics set statistics 17;

--: pg_statistic_ext.stxkeys
drop statistics s.statistics;
create statistics s.statistics (ndistinct) on a, c from s.t;

--: pg_statistic_ext.stxkind
drop statistics s.statistics;
create statistics s.statistics (mcv) on a, b from s.t;

--: pg_statistic_ext.stxexprs
drop statistics s.statistics;
create statistics s.statistics (ndistinct) on (a + 1), (lower(b)) from s.t;

-- Triggers

--: pg_trigger.tgname
alter trigger tr on s.t rename to tr2;

--: pg_trigger.tgfoid
drop trigger tr on s.t;
create trigger tr before insert on s.t for each row when (new.a > 1) execute function s.trigger2('x');

--: pg_trigger.tgtype
drop trigger tr on s.t;
create trigger tr before update on s.t for each row when (new.a > 1) execute function s.trigger('x');

--: pg_trigger.tgenabled
alter table s.t disable trigger tr;

--: pg_trigger.tgenabled
alter table s.t disable trigger all;

--: pg_trigger.tgconstrrelid
drop trigger late on s.t;
create constraint trigger late after insert on s.t from s.parent for each row execute function s.trigger();

--: pg_trigger.tgconstraint
drop trigger late on s.t;
create trigger late after insert on s.t for each row execute function s.trigger();

--: pg_trigger.tgdeferrable
drop trigger late on s.t;
create constraint trigger late after insert on s.t deferrable for each row execute function s.trigger();

--: pg_trigger.tginitdeferred
drop trigger late on s.t;
create constraint trigger late after insert on s.t deferrable initially deferred for each row execute
    function s.trigger();

--: pg_trigger.tgnargs
drop trigger tr on s.t;
create trigger tr before insert on s.t for each row when (new.a > 1) execute function s.trigger('x', 'y');

--: pg_trigger.tgargs
drop trigger tr on s.t;
create trigger tr before insert on s.t for each row when (new.a > 1) execute function s.trigger('y');

--: pg_trigger.tgattr
drop trigger tr on s.t;
create trigger tr before update of a on s.t for each row when (new.a > 1) execute function s.trigger('x');

--: pg_trigger.tgqual
drop trigger tr on s.t;
create trigger tr before insert on s.t for each row when (new.a > 2) execute function s.trigger('x');

--: pg_trigger.tgnewtable
drop trigger after_all on s.t;
create trigger after_all after insert on s.t referencing new table as newer for each statement execute
    function s.trigger();

--: pg_trigger.tgoldtable
drop trigger after_all on s.t;
create trigger after_all after delete on s.t referencing old table as gone for each statement execute
    function s.trigger();

--: pg_trigger.tgrelid
drop trigger tr on s.t;
create trigger tr before insert on s.plain for each row execute function s.trigger('x');

--: pg_trigger.tgparentid
alter table s.parted detach partition s.part;
create trigger on_parted after insert on s.part for each row execute function s.trigger();

-- Text search

--: pg_ts_config.cfgname
alter text search configuration s.configuration rename to configuration2;

--: pg_ts_config.cfgnamespace
alter text search configuration s.configuration set schema s2;

--: pg_ts_config.cfgowner
alter text search configuration s.configuration owner to pg_monitor;

--: pg_ts_config.cfgparser
drop text search configuration s.configuration;
create text search configuration s.configuration (parser = s.parser);

--: pg_ts_config_map.mapdict
alter text search configuration s.configuration alter mapping replace simple with s.dictionary;

--: pg_ts_config_map.mapcfg pg_ts_config_map.maptokentype
alter text search configuration s.configuration add mapping for asciiword with simple;

--: pg_ts_config_map.mapseqno
alter text search configuration s.configuration alter mapping for word with english_stem, simple,
    s.dictionary;

--: pg_ts_dict.dictname
alter text search dictionary s.dictionary rename to dictionary2;

--: pg_ts_dict.dictnamespace
alter text search dictionary s.dictionary set schema s2;

--: pg_ts_dict.dictowner
alter text search dictionary s.dictionary owner to pg_monitor;

--: pg_ts_dict.dicttemplate
drop text search dictionary s.dictionary;
create text search dictionary s.dictionary (template = s.template, accept = false);

--: pg_ts_dict.dictinitoption
alter text search dictionary s.dictionary (accept = true);

--: pg_ts_parser.prsname
alter text search parser s.parser rename to parser2;

--: pg_ts_parser.prsnamespace
alter text search parser s.parser set schema s2;

--: pg_ts_parser.prsheadline
drop text search parser s.parser;
create text search parser s.parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
    lextypes = prsd_lextype, headline = prsd_headline);

--: pg_ts_template.tmplname
alter text search template s.template rename to template2;

--: pg_ts_template.tmplnamespace
alter text search template s.template set schema s2;

--: pg_ts_template.tmplinit
drop text search template s.template;
create text search template s.template (lexize = dsimple_lexize);

--: pg_ts_template.tmpllexize
drop text search template s.template;
create text search template s.template (init = dsimple_init, lexize = dsynonym_lexize);

-- Types

--: pg_type.typname
alter type s.pair rename to pair2;

--: pg_type.typnamespace
alter type s.pair set schema s2;

--: pg_type.typowner
alter type s.pair owner to pg_monitor;

--: pg_type.typacl
grant usage on type s.pair to pg_monitor;

--: pg_attribute.atttypid
alter type s.pair alter attribute x type int8;

--: pg_type.typisdefined
create type s.shell;

--: pg_type.typnotnull
alter domain s.short set not null;

--: pg_type.typdefaultbin
alter domain s.short set default 'y';

--: pg_type.typbasetype
drop domain s.short;
create domain s.short as varchar(9) default 'x' check (value <> '');

--: pg_type.typtypmod
drop domain s.short;
create domain s.short as numeric(9);

--: pg_type.typcollation
drop domain s.short;
create domain s.short as text collate "C" default 'x' check (value <> '');

--: pg_type.typtype
drop type s.pair;
create domain s.pair as int;

--: pg_type.typstorage
alter type s.base set (storage = main);

--: pg_type.typanalyze
alter type s.base set (analyze = range_typanalyze);

--: pg_type.typmodin pg_type.typmodout
alter type s.base set (typmod_in = s.modifiers_in, typmod_out = s.modifiers_out);

--: pg_type.typsend
create function s.base_send(s.base) returns bytea language internal immutable strict as 'textsend';
alter type s.base set (send = s.base_send);

--: pg_type.typreceive
create function s.base_receive(internal) returns s.base language internal immutable strict as 'textrecv';
alter type s.base set (receive = s.base_receive);

--: pg_type.typcategory
:base internallength = variable, storage = extended, category = 'S');

--: pg_type.typispreferred
:base internallength = variable, storage = extended, preferred = true);

--: pg_type.typdelim
:base internallength = variable, storage = extended, delimiter = ';');

--: pg_type.typdefault
:base internallength = variable, storage = extended, default = 'q');

--: pg_type.typalign
:base internallength = variable, storage = extended, alignment = double);

--: pg_type.typlen
:base internallength = 16);

--: pg_type.typbyval
:base internallength = 4, passedbyvalue);

--: pg_type.typelem pg_type.typsubscript
:base internallength = variable, storage = extended, element = int, subscript = raw_array_subscript_handler);

--: pg_type.typoutput
drop type s.base cascade;
create type s.base;
create function s.base_in(cstring) returns s.base language internal immutable strict as 'textin';
create function s.base_out2(s.base) returns cstring language internal immutable strict as 'textout';
create type s.base (input = s.base_in, output = s.base_out2, internallength = variable, storage = extended);

--: pg_type.typinput
drop type s.base cascade;
create type s.base;
create function s.base_in2(cstring) returns s.base language internal immutable strict as 'textin';
create function s.base_out(s.base) returns cstring language internal immutable strict as 'textout';
create type s.base (input = s.base_in2, output = s.base_out, internallength = variable, storage = extended);

-- What stands in no catalog's column

--: membership
alter sequence s.numbers owned by s.t.a;

--: membership
alter function s.f(int, text) depends on extension plpgsql;

--: membership
alter extension plpgsql add function s.f(int, text);

--: system_acl
grant select on pg_catalog.pg_authid to pg_monitor;

--: system_acl
revoke execute on function pg_catalog.now() from public;
