"""Definitions from a real pg_dump, and what is said when there are none."""

import stat
from pathlib import Path

import pytest
from tests.faults.proxy import Fault, Proxy, Way, place

from mainsql.database.dumping import dump_definitions, find_pg_dump, understood
from mainsql.database.programs import installation
from mainsql.errors import ConnectionLost, DatabaseError, DatabaseUnavailable, Locked
from mainsql.undo import spelling
from mainsql.undo.catalog import Key


@pytest.fixture
def major(every_server) -> int:
    return int(every_server.version.partition(".")[0])


def test_definitions_by_oid(database, major) -> None:
    database.execute("create schema shop; create table shop.orders (id integer primary key)")
    [[oid]] = database.execute("select 'shop.orders'::regclass::oid::text")
    definitions = dump_definitions(database.dsn, major)
    [table] = definitions.by_key[Key("pg_class", oid)]
    assert table.statements()[0] == "CREATE TABLE shop.orders (\n    id integer NOT NULL\n)"


def test_what_is_mainsqls_own_is_left_out(database, major) -> None:
    database.execute("create schema mainsql; create table mainsql.versions (); create schema mainsql_archive")
    assert not dump_definitions(database.dsn, major).entries


def test_catalogs_have_the_same_numbers_on_each_server(database, every_server) -> None:
    rows = database.execute(
        "select oid::bigint, relname from pg_class where oid = any(%s::oid[])", [list(spelling.CATALOGS)]
    )
    assert dict(rows) == dict(spelling.CATALOGS)


def test_it_does_not_wait_for_a_lock_for_ever(database, server) -> None:
    database.execute("create table orders ()")
    holder = database.connect()
    holder.cursor().execute("lock table orders")
    with pytest.raises(Locked) as raised:
        dump_definitions(database.dsn, 18, lock_wait=0.1)
    assert "somebody holds a lock" in (raised.value.hint or "")


def test_a_server_that_does_not_answer(tmp_path) -> None:
    dsn = f"host={tmp_path} dbname=nowhere user=nobody password=secret"
    with pytest.raises(DatabaseUnavailable, match="pg_dump cannot read") as raised:
        dump_definitions(dsn, 18)
    assert "secret" not in raised.value.report()


def test_a_connection_that_is_lost_is_worth_another_try(tmp_path, monkeypatch) -> None:
    said = "pg_dump: error: query failed: server closed the connection unexpectedly"
    monkeypatch.setenv("MAINSQL_PG_DUMP", str(_program(tmp_path, f'echo "{said}" >&2; exit 1')))
    with pytest.raises(ConnectionLost, match="server closed the connection"):
        dump_definitions("dbname=shop", 18)


def test_the_password_is_no_argument(tmp_path, monkeypatch) -> None:
    program = _program(tmp_path, 'echo "$@" > "$0.arguments"; echo "$PGPASSWORD" > "$0.password"')
    monkeypatch.setenv("MAINSQL_PG_DUMP", str(program))
    dump_definitions("host=db dbname=shop password=secret", 18)
    arguments = Path(f"{program}.arguments").read_text()
    assert "dbname=shop" in arguments
    assert "secret" not in arguments
    assert Path(f"{program}.password").read_text() == "secret\n"


def test_it_does_not_run_for_ever(tmp_path, monkeypatch) -> None:
    program = _program(tmp_path, "exec sleep 60")
    monkeypatch.setenv("MAINSQL_PG_DUMP", str(program))
    with pytest.raises(DatabaseUnavailable, match=r"in 0\.2 s"):
        dump_definitions("dbname=shop", 18, patience=0.2)


@pytest.mark.parametrize("number", [1, 2, 20, 50])
@pytest.mark.parametrize("way", [Way.BEFORE, Way.AFTER])
def test_a_connection_that_is_lost_may_be_had_again(database, server, way, number) -> None:
    with (
        Proxy(server.socket_folder, Fault(way, place(number))) as proxy,
        pytest.raises(DatabaseUnavailable, match="pg_dump cannot read"),
    ):
        dump_definitions(proxy.dsn(database.dsn), 18)
    assert proxy.reached.is_set()


def test_so_may_one_that_somebody_killed(tmp_path, monkeypatch) -> None:
    program = _program(tmp_path, "kill -9 $$")
    monkeypatch.setenv("MAINSQL_PG_DUMP", str(program))
    with pytest.raises(DatabaseUnavailable, match="ended by SIGKILL"):
        dump_definitions("dbname=shop", 18)


def test_the_wheels_reads_all_servers() -> None:
    assert find_pg_dump(16, {}) == installation(18) / "bin" / "pg_dump"


def test_one_that_is_too_old(tmp_path) -> None:
    program = _program(tmp_path, "", version=15)
    with pytest.raises(DatabaseError, match="is of PostgreSQL 15: the server is PostgreSQL 16"):
        find_pg_dump(16, {"MAINSQL_PG_DUMP": str(program)})


def test_one_that_is_none(tmp_path) -> None:
    with pytest.raises(DatabaseError, match="which does not run"):
        find_pg_dump(16, {"MAINSQL_PG_DUMP": str(tmp_path / "nothing")})


def test_a_server_that_is_newer_than_all(tmp_path) -> None:
    with pytest.raises(DatabaseError, match="there is no pg_dump for a server of PostgreSQL 99") as raised:
        find_pg_dump(99, {"PATH": ""})
    assert "MAINSQL_PG_DUMP" in (raised.value.hint or "")


def test_of_subscriptions_an_older_server_is_told_no_option_that_it_does_not_know() -> None:
    made = "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false, run_as_owner = true);\n"
    text = "select ', run_as_owner = true);';\n"
    assert understood(made + text, 15) == made.replace(", run_as_owner = true", "") + text
    assert understood(made + text, 16) == made + text


def _program(folder: Path, script: str, version: int = 18) -> Path:
    """A pg_dump of that version, which runs a script of the shell."""
    program = folder / "pg_dump"
    said = f'[ "$1" = --version ] && echo "pg_dump (PostgreSQL) {version}.1" && exit'
    program.write_text(f"#!/bin/sh\n{said}\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program
