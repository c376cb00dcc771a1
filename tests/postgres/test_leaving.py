"""Units that move, leave the tree, or are accepted; targets that are paused."""

import pytest
from tests.postgres.deploying import Shop

from mainsql.config import CatchUp
from mainsql.errors import Refused
from mainsql.model import OnRemoved
from mainsql.operations.controlling import accept_history, pause, resume
from mainsql.operations.deploying import Watcher, accept
from mainsql.operations.outcome import State


@pytest.fixture
def undoing(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, on_removed=OnRemoved.UNDO)
    yield shop
    shop.close()


def tables(database):
    rows = database.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
    return [row[0] for row in rows]


FILES = {
    "main.sql": "\\i a.sql\n\\i b.sql\n",
    "a.sql": "create table a (id int primary key);",
    "a.undo.sql": "drop table a;",
    "b.sql": "set search_path = public;\ncreate table b (a int references a);",
    "b.undo.sql": "drop table b;",
}


def test_a_revert_takes_the_database_back_as_one_more_version(undoing, database):
    undoing.push({"main.sql": "create table main ();"})
    undoing.push({**FILES, "main.sql": "create table main ();\n" + FILES["main.sql"]})
    assert tables(database) == ["a", "b", "main"]
    outcome = undoing.push({"main.sql": "create table main ();", **dict.fromkeys(list(FILES)[1:])})
    assert (outcome.state, outcome.version, tables(database)) == (State.UP_TO_DATE, 3, ["main"])
    assert database.execute(
        "select unit, action, undo_kind from mainsql.steps "
        "where tree = 'shop' and version = 3 order by position"
    ) == [("b.sql", "remove", "previous"), ("a.sql", "remove", "previous")]
    undoing.roll_back()
    assert tables(database) == ["a", "b", "main"]
    assert undoing.deploy().state is State.REFUSED


def test_what_moved_is_recorded_and_does_not_run(shop, database):
    shop.push(FILES)
    moved = {
        "a.sql": None,
        "a.undo.sql": None,
        "tables/a.sql": FILES["a.sql"],
        "tables/a.undo.sql": "drop table a;",
    }
    outcome = shop.push({**moved, "main.sql": "\\i tables/a.sql\n\\i b.sql\n"})
    assert (outcome.state, outcome.version, outcome.deployed[0].statements) == (State.UP_TO_DATE, 2, 0)
    assert database.execute("select unit, moved_from from mainsql.steps where version = 2") == [
        ("tables/a.sql", "a.sql")
    ]
    shop.push({"tables/a.sql": FILES["a.sql"] + "\nalter table a add name text;"})
    assert shop.version == 3
    assert database.execute("select count(name) from a") == [(0,)]


def test_an_edit_is_accepted_without_running(shop, database):
    shop.push(FILES)
    edited = "create table a (id int primary key, name text);"
    assert shop.push({"a.sql": edited}).state is State.REFUSED
    database.execute("alter table a add name text")
    done = accept(shop.deployment, shop.source.head(), ["a.sql"])
    assert (done.version, done.statements) == (2, 0)
    assert shop.deploy().state is State.UP_TO_DATE
    shop.push({"a.sql": f"{edited}\ncreate index on a (name);"})
    assert shop.version == 3
    with pytest.raises(Refused, match="nothing to accept"):
        accept(shop.deployment, shop.source.head(), ["a.sql"])


def test_what_is_paused_waits(shop, database):
    with pytest.raises(Refused, match="nothing was deployed"):
        pause(shop.target, "too early")
    shop.push({"main.sql": "create table one ();"})
    pause(shop.target, "a migration by hand")
    with pytest.raises(Refused, match=r"is paused already: by .*a migration by hand"):
        pause(shop.target, "again")
    outcome = shop.push({"main.sql": "create table one ();\ncreate table two ();"})
    assert (outcome.state, tables(database)) == (State.PAUSED, ["one"])
    assert "shop@test is paused by " in outcome.report
    assert "(a migration by hand)" in outcome.report
    assert resume(shop.target, "done") == (True, 0)
    assert shop.deploy().version == 2
    with pytest.raises(Refused, match="nothing is held"):
        resume(shop.target, "")


def test_a_pause_that_comes_just_before_the_lock_holds_too_and_is_no_failure(shop, database):
    shop.push({"main.sql": "create table one ();"})
    shop.repo.commit({"main.sql": "create table one ();\ncreate table two ();"})

    class Late(Watcher):
        def planned(self, plan):
            pause(shop.target, "at the last moment")

    outcome = shop.deploy(watcher=Late())
    assert (outcome.state, outcome.version, tables(database)) == (State.PAUSED, 1, ["one"])
    assert outcome.report.endswith("Nothing was changed: shop@test is still at version 1.")
    resume(shop.target, "")
    assert shop.deploy().version == 2


def test_a_history_that_was_rewritten_is_accepted(shop, database):
    shop.push({"main.sql": "create table one ();"})
    shop.repo.git("checkout", "-q", "--orphan", "other")
    outcome = shop.push({"main.sql": "create table one ();\ncreate table two ();"})
    assert outcome.state is State.REFUSED
    assert "mainsql resume --accept-history" in outcome.report
    accept_history(shop.target, "filtered")
    assert (shop.deploy().version, tables(database)) == (2, ["one", "two"])
    # It counts once.
    shop.repo.git("checkout", "-q", "--orphan", "third")
    assert shop.push({"main.sql": "create table three ();"}).state is State.REFUSED


def test_a_merge_counts_once_and_what_changes_nothing_does_not(shop, database):
    shop.push(
        {"main.sql": "\\i a.sql\n\\i b.sql\n", "a.sql": "create table a ();", "b.sql": "create table b ();"}
    )
    shop.repo.branch("feature")
    grown = "create table b ();\nalter table b add one int;\n"
    shop.repo.commit({"b.sql": grown}, "half of it")
    shop.repo.commit({"b.sql": f"{grown}alter table b add two int;\n"}, "all of it")
    shop.repo.switch("main")
    shop.repo.commit({"a.sql": "create table a ();\nalter table a add one int;"}, "on main")
    shop.repo.commit(
        {"README": "nothing that matters", "a.sql": "CREATE TABLE a ();\nALTER TABLE a ADD one int;"}
    )
    shop.repo.merge("feature", "the feature")
    outcome = shop.deploy()
    assert [(each.version, each.commit.subject) for each in outcome.deployed] == [
        (2, "on main"),
        (3, "the feature"),
    ]
    columns = "select count(*) from information_schema.columns where table_schema = 'public'"
    assert database.execute(columns) == [(3,)]


def test_catching_up_in_one_version(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, catch_up=CatchUp.NEWEST)
    try:
        shop.push({"main.sql": "create table t0 ();"})
        for n in (1, 2, 3):
            shop.repo.commit({"main.sql": "".join(f"create table t{i} ();\n" for i in range(n + 1))}, f"t{n}")
        assert shop.deploy().version == 2
        assert tables(database) == ["t0", "t1", "t2", "t3"]
    finally:
        shop.close()
