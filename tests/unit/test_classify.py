"""What statements are, by their first words; and what only looks like it."""

import pytest

from mainsql.script import classify, normal
from mainsql.script.classify import Copy, Transaction


def words(text: str) -> list[str]:
    return normal.tokens(text)


ABSORBED = [
    *["begin", "BEGIN;", "begin work", "Begin Transaction", "begin isolation level serializable"],
    *["begin transaction isolation level repeatable read, read only, not deferrable"],
    *[
        "start transaction",
        "start transaction read write",
        "start transaction isolation level read uncommitted",
    ],
    *["commit", "commit work", "commit transaction", "commit and chain", "commit and no chain"],
    *["end", "end work", "end transaction", "end transaction and no chain", "/* x */ commit -- y"],
]
ROLLBACK = [
    *[
        "rollback",
        "rollback work",
        "rollback transaction",
        "rollback and chain",
        "abort",
        "abort transaction",
    ],
]
TWO_PHASE = ["prepare transaction 'x'", "commit prepared 'x'", "rollback prepared 'x'"]
NOT_ABOUT_TRANSACTIONS = [
    *["savepoint a", "release savepoint a", "release a", "rollback to a", "rollback to savepoint a"],
    *["rollback work to savepoint a", "rollback transaction to a", "prepare transaction as select 1"],
    *["prepare p as select 1", "select 1", "create table begin (a int)", "set transaction read only", ""],
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, Transaction.ABSORBED) for text in ABSORBED),
        *((text, Transaction.ROLLBACK) for text in ROLLBACK),
        *((text, Transaction.TWO_PHASE) for text in TWO_PHASE),
        *((text, Transaction.NONE) for text in NOT_ABOUT_TRANSACTIONS),
    ],
)
def test_transaction_control(text: str, expected: Transaction) -> None:
    assert classify.transaction(words(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("begin transaction create table t (a int)", True),
        ("begin select 1", True),
        ("begin work\ninsert into t values (1)", True),
        ("start transaction select 1", True),
        ("begin transaction read only", False),
        ("begin", False),
        ("create table t (a int)", False),
    ],
)
def test_begin_that_lacks_its_semicolon(text: str, expected: bool) -> None:
    assert classify.begins_without_semicolon(words(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set search_path = a", True),
        ("SET LOCAL role x", True),
        ("reset all", True),
        ("select set_config('a.b', 'c', false)", True),
        ("SELECT pg_catalog.set_config('search_path', '', false);", True),
        ("select 1", False),
        ("select setval('s', 1)", False),
        ('"set" a = b', False),
        ("update t set a = 1", False),
    ],
)
def test_what_sets_the_stage(text: str, expected: bool) -> None:
    assert classify.sets_stage(words(text)) is expected


NOT_IN_A_TRANSACTION = """
create database a
drop database if exists a
create tablespace a location '/x'
drop tablespace a
alter database a set tablespace b
ALTER DATABASE "a b" SET TABLESPACE c
alter system set work_mem = 1
alter system reset all
vacuum
VACUUM (ANALYZE) t
vacuum full t
cluster
cluster verbose
cluster (verbose)
cluster (verbose true)
discard all
create index concurrently on t (a)
create index concurrently if not exists i on t (a)
create unique index concurrently i on t (a)
drop index concurrently i
reindex schema s
drop index concurrently if exists i
reindex index concurrently i
reindex (verbose) database d
reindex table concurrently t
reindex (concurrently) table t
reindex (concurrently on) table t
reindex system d
reindex database
reindex (tablespace x, verbose) schema s
alter table t detach partition p concurrently
alter table if exists only s.t detach partition p concurrently
create subscription s connection 'c' publication p
alter subscription s refresh publication
create subscription s connection 'c' publication p with (create_slot = true)
create subscription s connection 'c' publication p with (slot_name = 'x', copy_data = false)
""".strip().splitlines()

IN_A_TRANSACTION = """
create table database (a int)
create index on t (a)
create index concurrent on t (a)
create unique index i on t (a)
drop index i
reindex table t
reindex (verbose) index i
reindex (concurrently false) table t
reindex (concurrently off, verbose) index i
alter database a set work_mem = 1
alter database a owner to b
alter database a rename to tablespace
cluster t using i
cluster verbose t
cluster (verbose) t
analyze
analyze verbose t
discard temp
discard plans
alter table t detach partition p
alter table t detach partition p finalize
create subscription s connection 'c' publication p with (connect = false)
create subscription s connection 'c' publication p with (slot_name = none, create_slot = 'off')
alter subscription s disable
alter type t add value 'x'
select 'vacuum'
"vacuum"
lock t
comment on database a is 'vacuum'
alter table "concurrently" add a int
grant create on database a to b
""".strip().splitlines()


@pytest.mark.parametrize("text", NOT_IN_A_TRANSACTION)
def test_refuses_what_cannot_run_in_a_transaction(text: str) -> None:
    reason = classify.forbidden(words(text))
    assert reason is not None
    assert reason.reason.endswith("cannot run inside a transaction")
    assert reason.hint


@pytest.mark.parametrize("text", IN_A_TRANSACTION)
def test_allows_what_can(text: str) -> None:
    assert classify.forbidden(words(text)) is None


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ("copy t from '/etc/passwd'", "FROM a file of the server"),
        ("copy t (a, b) to '/tmp/x' with csv", "TO a file of the server"),
        ("copy (select a from t) to 'x'", "TO a file of the server"),
        ("copy t from program 'curl x'", "… PROGRAM"),
        ("copy (select 1) to program 'sh'", "… PROGRAM"),
        ("copy t from 'stdin'", "FROM a file of the server"),
    ],
)
def test_refuses_copy_that_reaches_out(text: str, reach: str) -> None:
    reason = classify.forbidden(words(text))
    assert reason is not None
    assert reason.reason == f"COPY {reach} would leave the commit"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("copy t from stdin", Copy.IN),
        ("COPY s.t (a, b) FROM STDIN WITH (format csv)", Copy.IN),
        ("copy t from stdout", Copy.IN),
        ("copy t to stdout", Copy.OUT),
        ("copy (select a from stdin) to stdout", Copy.OUT),
        ("copy (delete from t returning a) to stdin", Copy.OUT),
        ("copy t from '/x'", None),
        ("select copy from stdin", None),
    ],
)
def test_copy_that_the_client_takes_part_in(text: str, expected: Copy | None) -> None:
    assert classify.copy(words(text)) is expected


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("set standard_conforming_strings = off", True),
        ("set session standard_conforming_strings to 'off'", True),
        ("set standard_conforming_strings = on", False),
        ("set search_path = off", False),
    ],
)
def test_refuses_to_change_how_strings_are_read(text: str, refused: bool) -> None:
    assert (classify.forbidden(words(text)) is not None) is refused
