"""What a statement takes away, and which names it leaves behind, read from its text."""

import pytest

from mainsql.script.locks import Lock, Touch, Work
from mainsql.script.syntax.effects import effects


def harms(sql):
    return [harm.what for harm in effects(sql).harms]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("drop table a, s.b cascade", ["drops table a, and all that depends on it",
                                       "drops table s.b, and all that depends on it"]),
        ("drop view v", ["drops view v"]),
        ("drop materialized view if exists m", ["drops materialized view m"]),
        ("drop index s.i", ["drops index s.i"]),
        ("drop sequence q", ["drops sequence q"]),
        ("drop schema s, t", ["drops schema s", "drops schema t"]),
        ("drop type s.t", ["drops type s.t"]),
        ("drop domain d cascade", ["drops domain d, and all that depends on it"]),
        ("drop function f(int), g", ["drops function f", "drops function g"]),
        ("drop aggregate a(int)", ["drops aggregate a"]),
        ("drop operator +(int, int)", ["drops operator +"]),
        ("drop cast (text as s.t)", ["drops cast text as s.t"]),
        ("drop transform for int language plperl", ["drops transform for pg_catalog.int4 language plperl"]),
        ("drop trigger x on s.t", ["drops trigger x of s.t"]),
        ("drop policy p on t", ["drops policy p of t"]),
        ("drop rule r on t", ["drops rule r of t"]),
        ("drop extension e", ["drops extension e"]),
        ("drop publication p", ["drops publication p"]),
        ("drop statistics s.x", ["drops statistics s.x"]),
        ("drop text search configuration c", ["drops text search configuration c"]),
        ("drop operator class o using btree", ["drops operator class o"]),
        ("drop role a, b", ["drops role a, b"]),
        ("drop owned by a", ["drops all that belongs to a"]),
        ("drop owned by current_user", ["drops all that belongs to the current role"]),
        ("drop subscription s", ["drops subscription s"]),
        ("drop user mapping for a server s", ["drops a user mapping of server s"]),
        ("truncate a, s.b", ["empties a", "empties s.b"]),
        ("truncate a cascade", ["empties a", "empties every table that references what it empties"]),
        ("delete from t", ["deletes all rows of t"]),
        ("delete from t where true", ["deletes all rows of t"]),
        ("delete from t using u", ["deletes all rows of t"]),
        ("update s.t set a = 1", ["updates all rows of s.t"]),
        ("with x as (delete from t returning *) insert into u select * from x", ["deletes all rows of t"]),
        ("alter table t drop a, drop column b cascade",
         ["drops column t.a", "drops column t.b, and all that depends on it"]),
        ("alter table s.t alter a type bigint", ["changes the type of s.t.a"]),
        ("alter table t drop constraint c", ["drops constraint c of t"]),
        ("alter type t drop attribute a", ["drops attribute t.a"]),
        ("alter domain d drop constraint c", ["drops constraint c of domain d"]),
        ("delete from t where a = 1", []),
        ("update t set a = 1 where b", []),
        ("insert into t select * from u", []),
        ("alter table t alter a drop not null, add b int", []),
        ("create or replace function f() returns int language sql as 'delete from t returning 1'", []),
        ("select 1", []),
    ],
)  # fmt: skip
def test_what_is_destructive(sql, expected):
    assert harms(sql) == expected


@pytest.mark.parametrize(
    ("sql", "creates"),
    [
        ("create table s.t (a int)", ("s", "t")),
        ("create temp table t (a int)", ("pg_temp", "t")),
        ("create table t as select 1", ("t",)),
        ("select 1 as a into t", ("t",)),
        ("create view v as select 1", ("v",)),
        ("create materialized view m as select 1", ("m",)),
        ("create sequence q", ("q",)),
        ("create index i on s.t (a)", ("s", "i")),
        ("create foreign table f (a int) server s", ("f",)),
    ],
)
def test_names_that_are_new(sql, creates):
    assert effects(sql).creates == (creates,)


@pytest.mark.parametrize(
    "sql",
    ["create table if not exists t (a int)", "create index on t (a)", "create or replace view v as select 1"],
)
def test_names_that_may_have_been_there(sql):
    assert effects(sql).creates == ()


def test_names_that_are_gone():
    assert effects("drop table a, s.b").drops == (("a",), ("s", "b"))
    assert effects("drop function f").drops == ()
    assert effects("alter table s.a rename to b").renames == ((("s", "a"), ("s", "b")),)
    assert effects("alter table a set schema s").renames == ((("a",), ("s", "a")),)
    assert effects("alter table a rename b to c").renames == ()


def test_where_names_are_looked_for():
    assert effects("set search_path = a, 'B'").search_path == ("a", "B")
    assert effects("set local search_path to ''").search_path == ()
    assert effects("set search_path to default").search_path is None
    assert effects("select pg_catalog.set_config('search_path', '', false)").search_path == ()
    assert effects("select set_config('search_path', 'a, \"B\"', false)").search_path == ("a", "B")
    assert effects("select set_config('work_mem', '1MB', false)").search_path is None
    assert effects("set work_mem = 1").search_path is None


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("do $$ begin end $$", "a DO block"),
        ("call p()", "a CALL"),
        ("execute x", "an EXECUTE"),
        ("create tabel t", "SQL that the grammar does not know"),
        ("select '" + "x" * 1_000_000 + "'", "a very long statement"),
    ],
)
def test_what_the_text_does_not_tell(sql, why):
    assert effects(sql).opaque == why


def test_a_table_that_is_named_twice_has_its_strongest_lock_once():
    assert effects("insert into t select * from t").touches == (Touch(("t",), Lock.ROW_EXCLUSIVE),)


def test_what_a_lock_is_called():
    found = effects("drop index s.i").touches[0]
    assert found.label == "the table of index s.i"
    assert (str(found.lock), found.lock.blocks) == ("ACCESS EXCLUSIVE", ("reads", "writes"))
    assert [lock for lock in Lock if lock.blocks == ("writes",)] == [
        Lock.SHARE,
        Lock.SHARE_ROW_EXCLUSIVE,
        Lock.EXCLUSIVE,
    ]
    assert (str(Work.MAY_REWRITE), str(Work.NONE)) == ("may rewrite", "")
