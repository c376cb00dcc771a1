"""Versions in several segments: what runs outside a transaction, and what a crash in it leaves."""

import pytest
from tests.postgres.killing import Killer

from mainsql.errors import ConnectionLost
from mainsql.operations.drifting import find_drift
from mainsql.operations.outcome import State
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.telling import standing

INDEX = "-- mainsql: no-transaction\ncreate index concurrently by_x on t (x);\n"
FILES = {
    "main.sql": "\\i t.sql\n\\i index.sql\n\\i rest.sql\n",
    "t.sql": "create table t (x int);",
    "index.sql": INDEX,
    "rest.sql": "create table rest ();",
}


def recorded(database):
    """Position, kind, unit and state of each segment of the deploys."""
    return database.execute(
        "select position, kind, units[1], case when finished_at is not null then 'finished' "
        "when started_at is not null then 'started' end from mainsql.segments where not undoes "
        "order by version, position"
    )


def indexes(database):
    """Each index of the tree's, and whether it is valid."""
    return database.execute(
        "select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid "
        "where c.relnamespace = 'public'::regnamespace order by 1"
    )


@pytest.fixture
def blocker(database):
    """Makes a transaction that has locked a table for writing, and what ends it."""

    def block(table):
        connection = database.connect()
        with connection.cursor() as cursor:
            cursor.execute(f"lock table {table} in row exclusive mode")
        return connection.rollback

    return block


def broken_off(shop, database, word, let_go=None):
    """Deploys, and ends the session at the statement with this word."""
    killer = Killer(database.dsn, word, let_go)
    with pytest.raises(ConnectionLost):
        shop.deploy(watcher=killer)
    killer.join()
    assert killer.kills == 1


def test_a_version_of_three_segments(shop, database):
    outcome = shop.push(FILES)
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 1), outcome.report
    assert recorded(database) == [
        (1, "transaction", "t.sql", "finished"),
        (2, "alone", "index.sql", "finished"),
        (3, "transaction", "rest.sql", "finished"),
    ]
    assert database.execute("select count(*) from mainsql.progress") == [(0,)]
    assert indexes(database) == [("by_x", True)]
    assert shop.deploy().deployed == ()


def test_what_ran_alone_has_an_undo_and_is_no_drift(shop, database):
    shop.push({"main.sql": "\\i t.sql\n", "t.sql": FILES["t.sql"]})
    shop.push({"main.sql": "\\i t.sql\n\\i index.sql\n", "index.sql": INDEX})
    assert not find_drift(shop.target).found
    shop.roll_back(1)
    assert indexes(database) == []


def test_an_invalid_index_is_built_again(shop, database, blocker):
    shop.push({"main.sql": "\\i t.sql\n", "t.sql": FILES["t.sql"]})
    shop.repo.commit(FILES)
    broken_off(shop, database, "concurrently", blocker("t"))
    assert indexes(database) == [("by_x", False)]
    under_way = standing(shop.target).history.progress
    assert (under_way.version, under_way.done, under_way.next.in_doubt) == (2, 0, True)
    outcome = shop.deploy()
    assert (outcome.state, [d.version for d in outcome.deployed]) == (State.UP_TO_DATE, [2])
    assert indexes(database) == [("by_x", True)]


def test_before_anything_of_the_statement_has_run(shop, database):
    shop.repo.commit(FILES)
    broken_off(shop, database, "concurrently")
    assert recorded(database) == [
        (1, "transaction", "t.sql", "finished"),
        (2, "alone", "index.sql", "started"),
        (3, "transaction", "rest.sql", None),
    ]
    assert shop.deploy().version == 1
    assert indexes(database) == [("by_x", True)]


def test_in_the_transaction_after_it(shop, database):
    shop.repo.commit(FILES)
    broken_off(shop, database, "create table rest")
    assert database.execute("select to_regclass('rest')") == [(None,)]
    before = database.execute("select 'by_x'::regclass::oid")
    assert shop.deploy().version == 1
    assert database.execute("select 'by_x'::regclass::oid") == before


def test_what_is_in_progress_is_completed_before_what_came_since(shop, database):
    shop.repo.commit(FILES, "first")
    broken_off(shop, database, "create table rest")
    shop.repo.commit({"rest.sql": "create table rest ();\ncreate table more ();"}, "second")
    outcome = shop.deploy()
    assert [(d.version, d.commit.subject) for d in outcome.deployed] == [(1, "first"), (2, "second")]


UNIQUE = "-- mainsql: no-transaction\ncreate unique index concurrently by_x on t (x);\n"
TWICE = "create table t (x int);\ninsert into t values (1), (1);"


def test_a_failure_for_good_says_what_stays(shop, database):
    outcome = shop.push({**FILES, "t.sql": TWICE, "index.sql": UNIQUE})
    assert (outcome.state, outcome.version) == (State.IN_PROGRESS, 0)
    assert "[23505]" in outcome.report
    assert outcome.report.splitlines()[-1].startswith(
        "shop@test: version 1 is in progress: 1 of 3 segments are finished, and stay."
    )
    assert indexes(database) == []
    shop.repo.commit({"rest.sql": "create table other ();"}, "newer")
    assert shop.deploy().report == outcome.report
    database.execute("delete from t where ctid = (select max(ctid) from t)")
    assert [d.version for d in shop.deploy(retry_failed=True).deployed] == [1]


def test_a_failure_before_anything_is_finished_is_as_if_nothing_had_begun(shop, database):
    shop.push({"main.sql": "\\i t.sql\n", "t.sql": TWICE})
    outcome = shop.push({"main.sql": "\\i t.sql\n\\i index.sql\n", "index.sql": UNIQUE})
    assert (outcome.state, outcome.report.splitlines()[-1]) == (
        State.FAILED,
        "Nothing was changed: shop@test is still at version 1.",
    )
    assert recorded(database) == []
    assert standing(shop.target).history.progress is None


def test_what_is_in_progress_can_be_taken_back(shop, database):
    shop.push({"main.sql": "\\i mine.sql\n", "mine.sql": "create table mine ();"})
    main = "\\i mine.sql\n" + FILES["main.sql"]
    shop.push({**FILES, "main.sql": main, "t.sql": TWICE, "index.sql": UNIQUE, "t.undo.sql": "drop table t;"})
    shop.roll_back()
    assert database.execute("select to_regclass('t'), to_regclass('mine')") == [(None, "mine")]
    history = standing(shop.target).history
    assert (history.number, history.versions[-1].version, history.progress) == (1, 2, None)
    assert history.versions[-1].rolled_back is not None
    assert shop.deploy().state is State.REFUSED


def test_a_half_built_index_is_taken_back(shop, database, blocker):
    shop.push({"main.sql": "\\i t.sql\n", "t.sql": FILES["t.sql"]})
    shop.repo.commit(FILES)
    broken_off(shop, database, "concurrently", blocker("t"))
    shop.roll_back()
    assert (indexes(database), shop.version) == ([], 1)


UNDONE = {
    **FILES,
    "index.undo.sql": "-- mainsql: no-transaction\ndrop index concurrently by_x;\n",
    "rest.undo.sql": "drop table rest;",
}


def test_an_undo_script_may_run_outside_too(shop, database):
    shop.push(UNDONE)
    shop.roll_back()
    assert database.execute("select to_regclass('t'), to_regclass('by_x')") == [(None, None)]
    assert database.execute(
        "select position, kind, units from mainsql.segments where undoes order by position"
    ) == [
        (1, "transaction", ["rest.sql"]),
        (2, "alone", ["index.sql"]),
        (3, "transaction", ["t.sql"]),
    ]
    assert (shop.version, standing(shop.target).history.progress) == (0, None)


def test_a_rollback_goes_on_where_it_stopped(shop, database, blocker):
    shop.push(UNDONE)
    planned, killer = preview_rollback(shop.target, None), Killer(database.dsn, "drop index", blocker("t"))
    with pytest.raises(ConnectionLost):
        roll_back(shop.target, planned, progress=killer.statement)
    killer.join()
    assert indexes(database) == [("by_x", False)]
    assert shop.deploy().state is State.IN_PROGRESS
    shop.roll_back()
    assert (database.execute("select to_regclass('t')"), shop.version) == ([(None,)], 0)
