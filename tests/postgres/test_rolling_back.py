"""Taking versions back, on a real server."""

import pytest
from tests.postgres.deploying import Shop

from mainsql.errors import Refused, StatementError
from mainsql.model import UndoPolicy
from mainsql.operations.controlling import resume
from mainsql.operations.outcome import State
from mainsql.operations.rolling_back import preview_rollback, roll_back


@pytest.fixture
def three(shop):
    """Versions 1 to 3, each a table with an undo script."""
    for count in (1, 2, 3):
        names = "abc"[:count]
        shop.push(
            {
                "main.sql": "".join(f"\\i {name}.sql\n" for name in names),
                f"{names[-1]}.sql": f"create table {names[-1]} ();\n",
                f"{names[-1]}.undo.sql": f"drop table {names[-1]};\n",
            }
        )
    return shop


def tables(database):
    rows = database.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
    return [row[0] for row in rows]


def test_versions_are_taken_back_newest_first_in_one_transaction(three, database):
    planned = preview_rollback(three.target, 1)
    assert [(step.version, step.unit) for step in planned.steps] == [(3, "c.sql"), (2, "b.sql")]
    roll_back(three.target, planned, why="they were wrong")
    assert (tables(database), three.version) == (["a"], 1)
    rows = database.execute(
        "select version, rolled_back_why, rolled_back_by like '%@%' from mainsql.versions "
        "where rolled_back_at is not null order by version"
    )
    assert rows == [(2, "they were wrong", True), (3, "they were wrong", True)]


def test_nothing_is_taken_back_when_one_undo_fails(three, database):
    database.execute("drop table b")
    with pytest.raises(Refused, match="somebody has changed by other means"):
        three.roll_back(1)
    with pytest.raises(StatementError) as raised:
        three.roll_back(1, force=True)
    assert 'table "b" does not exist [42P01]' in raised.value.report()
    assert "still at version 3" in raised.value.report()
    assert (tables(database), three.version) == (["a", "c"], 3)


def test_what_was_rolled_back_does_not_come_back_by_itself(three, database):
    three.roll_back(2)
    outcome = three.deploy()
    assert (outcome.state, outcome.version, tables(database)) == (State.REFUSED, 2, ["a", "b"])
    assert "c.sql was rolled back with version 3" in outcome.report
    three.repo.commit({"README": "another commit"})
    assert three.deploy().state is State.REFUSED


def test_it_comes_back_when_it_changes(three, database):
    three.roll_back(2)
    outcome = three.push({"c.sql": "create table c (id int);\n"})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 4)
    assert tables(database) == ["a", "b", "c"]


def test_it_is_released_when_it_leaves_the_tree(three):
    three.roll_back(2)
    outcome = three.push({"main.sql": "\\i a.sql\n\\i b.sql\n", "c.sql": None})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2)


def test_it_comes_back_when_a_person_resumes(three, database):
    three.roll_back(1)
    assert resume(three.target, "it was innocent") == (False, 2)
    assert three.deploy().version == 4
    assert tables(database) == ["a", "b", "c"]
    with pytest.raises(Refused, match="nothing is held"):
        resume(three.target, "")


def test_a_rollback_that_is_not_the_one_shown_is_refused(three):
    planned = preview_rollback(three.target, 1)
    three.push({"a.sql": "create table a ();\nselect 1;", "a.undo.sql": "select 2;"})
    with pytest.raises(Refused, match="has changed since"):
        roll_back(three.target, planned)


def test_an_undo_finds_the_stage_of_its_unit(shop, database):
    database.execute("create schema one; create schema two")
    shop.push(
        {
            "main.sql": "set search_path = one;\n\\i a.sql\nset search_path = two;\n\\i b.sql\n",
            "a.sql": "create table t ();",
            "a.undo.sql": "drop table t;",
            "b.sql": "create table t ();",
            "b.undo.sql": "drop table t;",
        }
    )
    assert database.execute("select count(*) from pg_tables where tablename = 't'") == [(2,)]
    shop.roll_back(0)
    assert database.execute("select count(*) from pg_tables where tablename = 't'") == [(0,)]


def test_a_repeatable_unit_goes_back_to_its_text_before(shop, database):
    text = "-- mainsql: repeatable\ncreate or replace function f() returns int language sql as 'select {}';\n"
    shop.push({"main.sql": "\\i f.sql\n", "f.sql": text.format(1), "f.undo.sql": "drop function f();"})
    shop.push({"f.sql": text.format(2)})
    assert database.execute("select f()") == [(2,)]
    shop.roll_back(1)
    assert database.execute("select f()") == [(1,)]
    shop.roll_back(0)
    assert database.execute("select to_regproc('f')") == [(None,)]


def test_what_grew_needs_an_undo_script_of_its_own_where_none_is_derived(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, undo=UndoPolicy.OPTIONAL)
    shop.push({"main.sql": "\\i t.sql\n", "t.sql": "create table t ();\n", "t.undo.sql": "drop table t;"})
    shop.push({"t.sql": "create table t ();\nalter table t add x int;\n"})
    with pytest.raises(Refused, match="is as it was in version 1"):
        shop.roll_back(1)
    shop.push({"t.undo.sql": "alter table t drop x;"})
    shop.roll_back(1)
    columns = (
        "select attname from pg_attribute where attrelid = 't'::regclass and attnum > 0 and not attisdropped"
    )
    assert database.execute(columns) == []
    assert shop.version == 1
    shop.close()


def test_undo_scripts_outlive_the_repository(three, database, tmp_path):
    three.close()
    (three.repo.path / ".git").rename(tmp_path / "gone")
    three.roll_back(0)
    assert tables(database) == []


def test_going_to_a_version_that_was_rolled_back_is_refused(three):
    three.roll_back(1)
    three.push({"b.sql": "create table b (x int);", "c.sql": "create table c (x int);"})
    with pytest.raises(Refused, match="version 3 of shop was rolled back itself"):
        three.roll_back(3)


def test_a_version_that_only_records_an_undo_script_has_nothing_to_take_back_itself(
    tmp_path, every_server, database
):
    shop = Shop(tmp_path, database.dsn, undo=UndoPolicy.OPTIONAL)
    shop.push({"main.sql": "\\i t.sql\n", "t.sql": "create table t ();"})
    shop.push({"t.undo.sql": "drop table t;"})
    rows = database.execute(
        "select version, undo_kind, undo_script from mainsql.versions where tree = 'shop' order by 1"
    )
    assert rows == [(1, "missing", None), (2, "nothing", "")]
    shop.roll_back(1)
    assert database.execute("select to_regclass('t')") == [("t",)]
    shop.roll_back(0)
    assert database.execute("select to_regclass('t')") == [(None,)]
    shop.close()


def test_a_database_that_writes_times_in_its_own_way_is_taken_back(shop, database):
    database.execute(f"alter database \"{database.name}\" set datestyle = 'SQL, DMY'")
    assert shop.push({"main.sql": "create table t ();"}).version == 1
    assert shop.push({"main.sql": "create table t ();\nalter table t add x int;"}).version == 2
    shop.roll_back(1)
    assert shop.version == 1
