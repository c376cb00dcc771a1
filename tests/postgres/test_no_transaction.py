"""Versions in several segments: what runs outside a transaction, and what a crash in it leaves."""

from dataclasses import replace

import psycopg2.errors
import pytest
from tests.postgres.deploying import Shop
from tests.postgres.killing import Killer

from mainsql.config import Rehearse
from mainsql.errors import ConnectionLost, Locked, Refused
from mainsql.model import Proof, UndoPolicy
from mainsql.operations.adopting import adopt, examine
from mainsql.operations.controlling import resume, say_of_statement
from mainsql.operations.deploying import reconcile
from mainsql.operations.drifting import find_drift
from mainsql.operations.locking import take_lock
from mainsql.operations.outcome import State
from mainsql.operations.rehearsal import Verdict
from mainsql.operations.rehearsing import Place, rehearse
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.telling import standing
from mainsql.operations.watching import Watcher

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


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_what_is_done_is_not_done_again(shop, database, known):
    shop.repo.commit(FILES)
    broken_off(shop, database, "create table rest")
    assert database.execute("select to_regclass('rest')") == [(None,)]
    if not known:  # as if it had been broken off right before that was written down
        database.execute("update mainsql.segments set finished_at = null, traces = null where position = 2")
    before = database.execute("select 'by_x'::regclass::oid")
    assert shop.deploy().version == 1
    assert database.execute("select 'by_x'::regclass::oid") == before
    shop.roll_back()
    assert indexes(database) == []


def test_what_is_in_progress_is_completed_before_what_came_since(shop, database):
    shop.repo.commit(FILES, "first")
    broken_off(shop, database, "create table rest")
    shop.repo.commit({"rest.sql": "create table rest ();\ncreate table more ();"}, "second")
    outcome = shop.deploy()
    assert [(d.version, d.commit.subject) for d in outcome.deployed] == [(1, "first"), (2, "second")]


def test_it_does_not_go_on_when_everything_is_to_stop(shop, database):
    shop.repo.commit(FILES)
    broken_off(shop, database, "create table rest")
    before = recorded(database)
    outcome = reconcile(shop.deployment, shop.source.head(), stopping=lambda: True)
    assert (outcome.state, outcome.version, outcome.deployed) == (State.BEHIND, 0, ())
    assert recorded(database) == before


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


def test_an_invalid_index_that_was_there_before_is_told_of(shop, database):
    shop.push({"main.sql": "\\i t.sql\n", "t.sql": TWICE})
    with pytest.raises(psycopg2.errors.UniqueViolation):
        database.execute("create unique index concurrently by_x on t (x)")
    main = {"main.sql": "\\i t.sql\n\\i index.sql\n"}
    outcome = shop.push({**main, "index.sql": INDEX})
    assert (outcome.state, indexes(database)) == (State.FAILED, [("by_x", False)])
    assert "hint: public.by_x is INVALID, and was there before: say IF NOT EXISTS," in outcome.report
    assert shop.push({**main, "index.sql": INDEX.replace(" by_x", " if not exists by_x")}).version == 2
    assert indexes(database) == [("by_x", True)]


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


# What follows is the same on all servers


@pytest.fixture
def one(tmp_path, database):
    """A shop on the newest server alone."""
    shop = Shop(tmp_path, database.dsn)
    yield shop
    shop.close()


CALL = {
    "main.sql": "\\i t.sql\n\\i call.sql\n\\i rest.sql\n",
    "t.sql": "create table t (x int);\n"
    "create procedure fill() language plpgsql as $$ begin insert into t values (1); commit; "
    "if (select count(*) from t) < 2 then raise 'not yet'; end if; end $$;",
    "call.sql": "-- mainsql: no-transaction\ncall fill();\n",
    "rest.sql": "create table rest ();",
}


def test_what_nobody_can_tell_a_person_has_to_say(one, database):
    outcome = one.push(CALL)
    assert outcome.state is State.IN_PROGRESS
    assert "mainsql resume --statement-again" in outcome.report
    with pytest.raises(Refused, match="may be done by now"):
        one.roll_back()
    resume(one.target, "")
    assert "it is not known how it ended: call fill();" in one.deploy().report
    assert say_of_statement(one.target, "I looked", done=False) == "call.sql"
    outcome = one.deploy()
    assert (outcome.version, [each.partition(":")[0] for each in outcome.deployed[0].lacks]) == (
        1,
        ["call.sql"],
    )
    assert database.execute("select count(*) from t") == [(2,)]


def test_what_a_person_says_is_done_does_not_run(one, database):
    one.push({**CALL, "main.sql": "\\i t.sql\n\\i call.sql\n"})
    assert say_of_statement(one.target, "I looked", done=True) == "call.sql"
    assert one.deploy().version == 1
    assert database.execute("select count(*) from t") == [(1,)]
    with pytest.raises(Refused, match="nobody has looked at what it did"):
        one.roll_back()
    with pytest.raises(Refused, match="there is no statement"):
        say_of_statement(one.target, "", done=True)


def test_while_a_segment_runs_nobody_else_deploys(one, database):
    class Rival(Watcher):
        """Tries to deploy, too, each time that a statement is about to run."""

        met = 0

        def statement(self, statement):
            with one.target.connect() as session:
                with pytest.raises(Locked, match=r"since \d{4}-"):
                    take_lock(session, one.target)
                self.met += 1

    rival = Rival()
    one.repo.commit(FILES)
    assert one.deploy(watcher=rival).version == 1
    assert rival.met == 3


def test_a_script_that_gives_up_the_lock_does_not_go_on(one):
    outcome = one.push(
        {
            "main.sql": "\\i a.sql\nselect 1;",
            "a.sql": "-- mainsql: no-transaction\ndo $$ begin perform pg_advisory_unlock_all(); end $$;",
        }
    )
    assert outcome.state is State.IN_PROGRESS
    assert "the lock of shop@test is gone" in outcome.report


INDEXED = {"main.sql": "\\i t.sql\n", "t.sql": "create table t (x int);\ncreate index by_x on t (x);"}


def test_a_dropped_index_comes_back(one, database):
    one.push(INDEXED)
    drop = "-- mainsql: no-transaction\nset search_path = public;\ndrop index concurrently by_x;"
    one.repo.commit(
        {"main.sql": "\\i t.sql\n\\i drop.sql\n\\i rest.sql\n", "drop.sql": drop, "rest.sql": "select 1;"}
    )
    broken_off(one, database, "select 1")
    assert one.deploy().version == 2
    assert indexes(database) == []
    one.roll_back()
    assert indexes(database) == [("by_x", True)]


def test_what_reindex_has_left_is_dropped(one, database, blocker):
    one.push(INDEXED)
    again = "-- mainsql: no-transaction\nreindex table concurrently t;"
    one.repo.commit({"main.sql": "\\i t.sql\n\\i again.sql\n", "again.sql": again})
    broken_off(one, database, "reindex", blocker("t"))
    assert indexes(database) == [("by_x", True), ("by_x_ccnew", False)]
    assert one.deploy().version == 2
    assert indexes(database) == [("by_x", True)]
    assert not find_drift(one.target).found


def test_a_half_detached_partition_is_detached(one, database, blocker):
    table = "create table t (x int) partition by list (x);\ncreate table p partition of t for values in (1);"
    one.push({"main.sql": "\\i t.sql\n", "t.sql": table})
    detach = "-- mainsql: no-transaction\nalter table t detach partition p concurrently;"
    one.repo.commit({"main.sql": "\\i t.sql\n\\i detach.sql\n", "detach.sql": detach})
    broken_off(one, database, "detach", blocker("t"))
    assert database.execute("select inhdetachpending from pg_inherits") == [(True,)]
    assert one.deploy().version == 2
    assert database.execute("select count(*) from pg_inherits") == [(0,)]


def test_what_is_of_the_whole_server_is_looked_for(one, database):
    name = f"{database.name}_other"
    files = {
        "main.sql": "\\i a.sql\nselect 1;",
        "a.sql": f"-- mainsql: no-transaction\ncreate database {name};",
    }
    try:
        one.repo.commit(files)
        broken_off(one, database, "select 1")
        database.execute(
            "update mainsql.segments set finished_at = null, finished_by = null where position = 1"
        )
        assert one.deploy().version == 1
    finally:
        database.execute(f"drop database {name}")


def test_a_demanded_undo_is_checked_before_anything_runs(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, undo=UndoPolicy.REQUIRED)
    outcome = shop.push(CALL)
    assert (outcome.state, outcome.report.splitlines()[-1]) == (
        State.FAILED,
        "Nothing was changed: shop@test is still without a version.",
    )
    assert "call.sql:2:1" in outcome.report
    assert shop.push({**FILES, "call.sql": None}).version == 1
    shop.close()


@pytest.fixture
def strict(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, undo=UndoPolicy.REQUIRED)
    yield shop
    shop.close()


def test_a_demanded_undo_is_tried_in_the_transaction_of_each_segment(strict, database):
    files = {**FILES, "rest.undo.sql": "select 1;"}
    outcome = strict.push(files)
    assert (outcome.state, strict.version) == (State.IN_PROGRESS, 0)
    assert 'its undo does not lead back, and undo = "required"' in outcome.report
    assert "table public.rest: only in what its undo leaves" in outcome.report
    assert [state for *_, state in recorded(database)] == ["finished", "finished", None]
    strict.roll_back()
    assert indexes(database) == []
    resume(strict.target, "")
    outcome = strict.push({"rest.undo.sql": "drop table rest;"})
    assert outcome.version == 2, outcome.report
    strict.roll_back(0)
    assert database.execute("select to_regclass('t'), to_regclass('rest')") == [(None, None)]


def test_a_demanded_undo_that_a_segment_lacks_is_refused_with_what_came_before(strict, database):
    strict.push({**FILES, "main.sql": "\\i t.sql\n"})
    outcome = strict.push(
        {"main.sql": "\\i t.sql\n\\i index.sql\n\\i rest.sql\n", "rest.sql": "insert into t values (1);"}
    )
    assert outcome.state is State.IN_PROGRESS
    assert "rest.sql: there is no rest.undo.sql; and none was derived: rows of public.t" in outcome.report
    assert database.execute("select count(*) from t") == [(0,)]
    strict.roll_back()
    assert (strict.version, indexes(database)) == (1, [])


@pytest.mark.parametrize(
    ("file", "undo"),
    [
        ("index.undo.sql", "-- mainsql: no-transaction\ndrop index concurrently by_x;"),
        ("index.undo.sql", "drop index by_x;"),
        ("t.undo.sql", "-- mainsql: no-transaction\ndrop table t;"),
    ],
)
def test_a_demanded_undo_that_cannot_be_tried_has_to_be_rehearsed(strict, file, undo):
    outcome = strict.push({**FILES, file: undo})
    assert (outcome.state, strict.version) == (State.FAILED, 0)
    assert outcome.report.splitlines()[1:] == [
        'its undo cannot be tried in its transaction, and undo = "required" for this target:',
        f"  {file.replace('.undo', '')}: it or its undo script runs outside a transaction",
        'hint: set rehearse = "before" for this target, and it is tried in a scratch database; '
        'or set undo = "derived"',
        "Nothing was changed: shop@test is still without a version.",
    ]
    strict.deployment.target = replace(strict.target, rehearse=Rehearse.BEFORE)
    outcome = strict.deploy(retry_failed=True)
    assert outcome.version == 1, outcome.report
    assert standing(strict.target).history.versions[0].proof is Proof.PROVEN


def test_so_has_one_of_a_version_that_is_one_transaction(strict):
    undo = "-- mainsql: no-transaction\ndrop table t;"
    outcome = strict.push({"main.sql": "\\i t.sql\n", "t.sql": FILES["t.sql"], "t.undo.sql": undo})
    assert outcome.state is State.FAILED
    assert "its undo cannot be tried in its transaction" in outcome.report
    strict.deployment.target = replace(strict.target, rehearse=Rehearse.BEFORE)
    assert strict.deploy(retry_failed=True).version == 1


def test_it_is_rehearsed_in_a_scratch_database_but_not_in_place(one, database):
    one.push({"main.sql": "\\i t.sql\n", "t.sql": FILES["t.sql"]})
    one.repo.commit({**UNDONE, "index.sql": INDEX + "alter system set work_mem = '1MB';"})
    head = one.source.head()
    found = rehearse(one.deployment, head, Place(on=database.dsn))
    assert [each.verdict for each in found.results] == [Verdict.PROVEN], found
    found = rehearse(one.deployment, head, Place(in_place=True))
    assert [each.verdict for each in found.results] == [Verdict.FAILED]
    assert "cannot be rehearsed in place" in found.results[0].why[0]
    assert (one.version, indexes(database)) == (1, [])


def test_rows_that_a_segment_takes_away_are_kept(one, database):
    table = "create table t (x int);\ncreate table old (x int);\ninsert into old values (7);"
    one.push({"main.sql": "\\i t.sql\n", "t.sql": table})
    files = {**FILES, "t.sql": table, "old.sql": "-- mainsql: keep-data\ndrop table old;"}
    one.repo.commit({**files, "main.sql": "\\i t.sql\n\\i old.sql\n\\i index.sql\n\\i rest.sql\n"})
    broken_off(one, database, "create table rest")
    assert one.deploy().version == 2
    assert database.execute("select version, position, identity from mainsql.archives") == [
        (2, 1, "public.old")
    ]
    one.roll_back(1)
    assert database.execute("select x from old") == [(7,)]
    assert database.execute("select count(*) from pg_tables where schemaname = 'mainsql_archive'") == [(0,)]


def test_so_are_those_of_a_version_that_is_taken_back_in_the_middle(one, database):
    table = f"{TWICE}\ncreate table old (x int);\ninsert into old values (7);"
    one.push({"main.sql": "\\i t.sql\n", "t.sql": table})
    files = {"old.sql": "-- mainsql: keep-data\ndrop table old;", "index.sql": UNIQUE}
    outcome = one.push({**files, "main.sql": "\\i t.sql\n\\i old.sql\n\\i index.sql\n"})
    assert outcome.state is State.IN_PROGRESS
    one.roll_back()
    assert (database.execute("select x from old"), one.version) == ([(7,)], 1)


def test_a_version_that_only_vacuums_is_known_to_change_nothing(one):
    one.push({"main.sql": "-- mainsql: no-transaction\nvacuum;"})
    version = standing(one.target).history.versions[0]
    assert (version.objects, version.steps[0].undo.kind.value) == (0, "nothing")
    assert find_drift(one.target).unrecorded == ()


def test_it_is_built_in_a_scratch_database_to_be_compared(one, database):
    database.execute("create table t (x int); create index by_x on t (x); create table rest ();")
    one.repo.commit(FILES)
    found = examine(one.deployment, one.source.head(), on=database.dsn)
    assert found.complete, found
    assert adopt(one.deployment, found).version == 1
    assert recorded(database) == []
