"""A scratch database is made like another one, and what is in tables and held by a transaction is told."""

import pytest

from mainsql.database.cloning import clone
from mainsql.database.contents import read_contents
from mainsql.database.holding import held_locks
from mainsql.database.scratch import scratch_database
from mainsql.database.session import Session
from mainsql.database.snapshot import read
from mainsql.database.surroundings import read_surroundings
from mainsql.errors import ConnectionLost, DatabaseError, DatabaseUnavailable
from mainsql.undo.comparing import Verdict, compare

THINGS = """
    create schema s;
    create type s.mood as enum ('good', 'bad');
    create table s.t (id int generated always as identity primary key, m s.mood default 'good');
    alter table s.t add check (m >= 'good');
    create table s.u (of int references s.t) partition by list (of);
    create table s.u1 partition of s.u for values in (1);
    create function s.f() returns trigger language plpgsql as $$ begin /*
\\restrict me
    */ return new; end $$;
    create trigger g before insert on s.t for each row execute function s.f();
    create view s.v as select * from s.t;
    comment on view s.v is 'it says \\unrestrict';
    grant select on s.v to public;
    alter default privileges in schema s grant select on tables to public;
"""


def session(dsn):
    return Session(dsn, application_name="test")


def test_it_has_the_same_objects_and_ledger_but_no_rows(shop, database):
    shop.push({"main.sql": THINGS, "main.undo.sql": "drop schema s cascade;"})
    database.execute("alter table s.t disable trigger g; insert into s.t (m) values ('bad')")
    with session(database.dsn) as target:
        around = read_surroundings(target)
        with scratch_database(around) as scratch:
            clone(target, database.dsn, scratch)
            with session(scratch.dsn) as copy:
                found = compare(read(target), read(copy))
                assert found.verdict is Verdict.EQUAL, found.differences
                rows = "select v, s from mainsql.versions v join mainsql.steps s using (tree, version)"
                assert sorted(copy.query(rows)) == sorted(target.query(rows)) != []
                assert copy.query("select count(*) from s.t") == [(0,)]


def test_on_a_given_server_too(database, another_database):
    database.execute(THINGS)
    with session(database.dsn) as target:
        around = read_surroundings(target)
        with scratch_database(around, on=another_database.dsn) as scratch:
            clone(target, database.dsn, scratch)
            with session(scratch.dsn) as copy:
                assert compare(read(target), read(copy)).verdict is Verdict.EQUAL


def test_who_may_not_read_all_is_told(database):
    database.execute("create table t ()")
    poor = database.role()
    with session(poor) as target, scratch_database(read_surroundings(target), on=database.dsn) as scratch:
        with pytest.raises(DatabaseError, match="permission denied for table t") as raised:
            clone(target, poor, scratch)
        assert "allowed to read" in raised.value.hint


def test_a_connection_that_is_lost_is_worth_another_try(database, tmp_path, monkeypatch):
    program = tmp_path / "pg_dump"
    said = "pg_dump: error: query failed: server closed the connection unexpectedly"
    version = "pg_dump (PostgreSQL) 99.0"
    program.write_text(
        f'#!/bin/sh\ntest "$1" = --version && echo "{version}" && exit\necho "{said}" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("MAINSQL_PG_DUMP", str(program))
    with (
        session(database.dsn) as target,
        scratch_database(read_surroundings(target)) as scratch,
        pytest.raises(ConnectionLost, match="server closed the connection"),
    ):
        clone(target, database.dsn, scratch)


def test_a_table_that_somebody_has_locked_is_not_waited_for(database, another_database):
    database.execute("create table t ()")
    connection = database.connect()
    connection.cursor().execute("lock table t in access exclusive mode")
    with session(database.dsn) as target:
        around = read_surroundings(target)
        with (
            scratch_database(around, on=another_database.dsn) as scratch,
            pytest.raises(DatabaseUnavailable, match="statement timeout") as raised,
        ):
            clone(target, database.dsn, scratch, lock_wait=0.05)
    assert "somebody holds a lock" in raised.value.hint


def test_content_does_not_depend_on_the_order_of_rows_or_columns(database, another_database):
    database.execute("create table t (a int, b text); insert into t values (1, 'x'), (2, null), (2, null)")
    another_database.execute(
        "create table t (b text, a int); create table e ();"
        "insert into t values (null, 2), ('x', 1), (null, 2)"
    )
    with session(database.dsn) as one, session(another_database.dsn) as other:
        before = read_contents(one)
        assert before["public.t"] == read_contents(other)["public.t"]
        assert (before["public.t"].rows, read_contents(other)["public.e"].rows) == (3, 0)
        one.query("update t set b = 'y' where a = 1")
        assert read_contents(one)["public.t"] != before["public.t"]


def test_the_strongest_lock_on_each_relation_is_told(database):
    database.execute("create table a (id int); create table b (id int)")
    with session(database.dsn) as found:
        found.begin()
        found.query("select from b; insert into a values (1); alter table a add x int; create table c ()")
        found.query("lock table b in share mode")
        oids = [oid for (oid,) in found.query("select oid::bigint from pg_class where relname in ('a', 'b')")]
        assert held_locks(found, oids) == (("public.a", "ACCESS EXCLUSIVE"), ("public.b", "SHARE"))
