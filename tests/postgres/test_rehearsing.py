"""A version is tried before it is deployed: applied, taken back, compared, applied again."""

from dataclasses import replace

import psycopg2.extensions
import pytest
from tests.postgres.deploying import Shop

from mainsql.config import Rehearse
from mainsql.errors import Refused, Retry, StatementError
from mainsql.model import OnRemoved
from mainsql.operations.outcome import State
from mainsql.operations.rehearsal import Verdict
from mainsql.operations.rehearsing import Place, Unplanned, rehearse

TABLE = "create table t (id int primary key, note text);\n"


@pytest.fixture(params=["scratch", "in place"])
def place(request, database):
    """On the server of the test, which is there already, or in the target itself."""
    return Place(in_place=True) if request.param == "in place" else Place(on=database.dsn)


@pytest.fixture
def begun(shop):
    """A shop with a version."""
    shop.push({"main.sql": "\\i a.sql\n", "a.sql": TABLE, "a.undo.sql": "drop table t;\n"})
    return shop


def try_out(shop, place, **options):
    return rehearse(shop.deployment, shop.source.head(), place, **options)


def verdicts(rehearsal):
    return [each.verdict for each in rehearsal.results]


def state(database):
    return database.execute(
        "select (select count(*) from pg_class), (select count(*) from pg_attribute),"
        "(select count(*) from mainsql.versions), (select count(*) from pg_database)"
    )


def test_what_leads_back_is_proven_and_nothing_stays(begun, database, place):
    before = state(database)
    begun.repo.commit(
        {
            "a.sql": TABLE + "alter table t add price int;\ncreate index on t (price);\n",
            "a.undo.sql": "alter table t drop price;\n",
        }
    )
    found = try_out(begun, place, times=2)
    assert verdicts(found) == [Verdict.PROVEN], found
    assert found.proven
    (result,) = found.results
    assert (result.plan.version, result.undos["a.sql"].kind) == (2, "written")
    assert ("public.t", "ACCESS EXCLUSIVE") in result.locks
    assert result.applied_in is not None
    assert result.undone_in is not None
    assert state(database) == before
    assert begun.version == 1


def test_an_undo_that_forgets_something_is_caught(begun, place):
    begun.repo.commit(
        {
            "a.sql": TABLE + "alter table t add price int, add amount int;\n",
            "a.undo.sql": "alter table t drop price;\n",
        }
    )
    found = try_out(begun, place)
    assert verdicts(found) == [Verdict.FAILED]
    assert not found.proven
    heading, *lines = found.results[0].why
    assert heading == "its undo does not lead back:"
    assert lines == ["table column public.t.amount: only in what its undo leaves"]


def test_an_undo_that_does_not_run_is_caught(begun, place):
    begun.repo.commit(
        {"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table u drop x;\n"}
    )
    (result,) = try_out(begun, place).results
    assert result.verdict is Verdict.FAILED
    assert result.why[0] == "its undo does not run:"
    assert 'relation "u" does not exist' in result.why[1]


def test_a_version_that_does_not_run_is_caught(begun, place):
    begun.repo.commit({"a.sql": TABLE + "create table u ();\nselect 1/0;\n"})
    (result,) = try_out(begun, place).results
    assert (result.verdict, result.why[0]) == (Verdict.FAILED, "it does not run:")
    assert result.why[1].startswith("a.sql:3:1 ")


def test_what_cannot_be_applied_twice_is_caught(begun, database, place):
    """What is outside of the catalogs that are compared shows when it runs again."""
    role = database.role("made", "nologin")
    name = psycopg2.extensions.parse_dsn(role)["user"]
    database.execute(f"drop role {name}")
    begun.repo.commit(
        {"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": f"create role {name};\n", "b.undo.sql": "-- stays\n"}
    )
    found = try_out(begun, place)
    database.execute(f"drop role if exists {name}; create role {name}")
    assert verdicts(found) == [Verdict.FAILED]
    assert found.results[0].why[0] == "after its undo it does not run again:"


def test_an_undo_is_derived_and_tried_as_in_a_deploy(begun, place):
    begun.repo.commit({"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": "create view v as select id from t;\n"})
    (result,) = try_out(begun, place).results
    assert (result.verdict, result.undos["b.sql"].kind) == (Verdict.PROVEN, "derived"), result


def test_what_vanishes_is_made_again_from_its_definition(begun, place):
    begun.repo.commit(
        {"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": "alter table t drop constraint t_pkey;\n"}
    )
    (result,) = try_out(begun, place).results
    assert result.verdict is Verdict.PROVEN, result


VIEW = "create or replace view v as select id from t;\n"
WIDER = "create or replace view v as select id, note from t;\n"


def test_what_its_undo_has_made_again_can_be_made_again_once_more(begun, place):
    begun.push({"main.sql": "\\i a.sql\n\\i v.sql\n", "v.sql": VIEW})
    begun.repo.commit({"v.sql": WIDER})
    found = try_out(begun, place, times=3)
    assert verdicts(found) == [Verdict.PROVEN], found


def test_what_earlier_versions_made_of_it_is_what_an_undo_makes_again(begun, place):
    begun.push({"main.sql": "\\i a.sql\n\\i v.sql\n", "v.sql": VIEW + "create table u (id int unique);\n"})
    begun.repo.commit({"a.sql": TABLE + "alter table t add more int;\n", "a.undo.sql": None})
    begun.repo.commit({"v.sql": VIEW + "create table u (id int unique);\ndrop table u;\ndrop view v;\n"})
    begun.repo.commit({"a.sql": TABLE + "alter table t add more int;\ndrop table t;\n"})
    found = try_out(begun, place)
    if not place.in_place:
        assert verdicts(found) == [Verdict.PROVEN, Verdict.LOSSY, Verdict.LOSSY], found
        return
    # The transaction of the first one is not over: pg_dump does not see what it has made of the table.
    assert verdicts(found) == [Verdict.PROVEN, Verdict.LOSSY, Verdict.IMPOSSIBLE], found
    assert (
        "it was dropped, and what the same rehearsal made of it, pg_dump cannot see"
        in found.results[2].why[0]
    )


def test_columns_in_another_order_are_told(begun, place):
    begun.repo.commit(
        {
            "a.sql": TABLE + "alter table t drop note;\nalter table t add x int;\n",
            "a.undo.sql": "alter table t drop x;\nalter table t add note text;\n"
            "alter table t drop id;\nalter table t add id int primary key;\n",
        }
    )
    found = try_out(begun, place)
    assert verdicts(found) == [Verdict.ORDER], found
    assert found.proven


def test_what_is_lost_and_declared_is_told(begun, database):
    begun.repo.commit({"a.sql": TABLE + "alter table t drop note;\n"})
    found = try_out(begun, Place(on=database.dsn, data=("rows.sql", "insert into t values (1, 'a');")))
    assert verdicts(found) == [Verdict.LOSSY], found
    assert "note" in found.results[0].losses[0]
    assert found.proven


def test_what_is_kept_is_tried_beside_what_is_kept_already(begun, database, place):
    begun.target = begun.deployment.target = replace(begun.target, keeps_data=True)
    database.execute("insert into t values (1, 'a')")
    begun.push({"a.sql": TABLE + "alter table t drop note;\n", "a.undo.sql": None})
    begun.repo.commit({"a.sql": TABLE + "alter table t drop note;\ndrop table t;\n"})
    rows = ("rows.sql", "insert into t values (2);")
    found = try_out(begun, replace(place, data=rows))
    assert verdicts(found) == [Verdict.PROVEN], found
    assert database.execute("select archive::text from mainsql.archives") == [("shop_2_1_public.t.note",)]


def test_an_undo_that_reads_what_is_kept_is_tried_without_its_rows(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, keeps_data=True, on_removed=OnRemoved.UNDO)
    shop.push({"main.sql": "\\i a.sql\n", "a.sql": TABLE + "insert into t values (1, 'a');\n"})
    shop.push({"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": "alter table t drop note;\n"})
    shop.repo.commit({"main.sql": "\\i a.sql\n", "b.sql": None})
    found = try_out(shop, Place(on=database.dsn))
    assert verdicts(found) == [Verdict.PROVEN], found
    shop.close()


def test_what_has_no_undo_is_told_and_later_versions_are_tried_on_top(begun, place):
    begun.repo.commit({"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": "insert into t values (1, 'a');\n"})
    begun.repo.commit(
        {"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table t drop x;\n"}
    )
    found = try_out(begun, place)
    assert verdicts(found) == [Verdict.IMPOSSIBLE, Verdict.PROVEN], found
    assert not found.proven
    assert "public.t" in found.results[0].why[0]


def test_each_pending_commit_is_tried_on_top_of_those_before(begun, place):
    begun.repo.commit({"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table t drop x;"})
    begun.repo.commit(
        {
            "a.sql": TABLE + "alter table t add x int;\nalter table t rename x to y;\n",
            "a.undo.sql": "alter table t rename y to x;",
        }
    )
    found = try_out(begun, place)
    assert [(each.plan.version, each.verdict) for each in found.results] == [
        (2, Verdict.PROVEN),
        (3, Verdict.PROVEN),
    ]


def test_the_first_version_is_tried_with_the_ledger(shop, database, place):
    shop.repo.commit({"main.sql": TABLE, "main.undo.sql": "drop table t;"})
    found = try_out(shop, place)
    assert verdicts(found) == [Verdict.PROVEN], found
    assert database.execute("select to_regnamespace('mainsql'), to_regclass('t')") == [(None, None)]


def test_nothing_pending_is_nothing_to_try(begun, place):
    assert try_out(begun, place).results == ()


def test_a_refused_commit_is_told(begun, place):
    begun.repo.commit({"a.sql": "create table t (id bigint);\n"})
    found = try_out(begun, place)
    assert isinstance(found.results[0], Unplanned)
    assert isinstance(found.results[0].error, Refused)
    assert not found.proven


def test_rows_that_an_undo_does_not_bring_back_are_caught(begun, database):
    begun.repo.commit({"a.sql": TABLE + "delete from t where id = 2;\n", "a.undo.sql": "-- nothing\n"})
    data = ("rows.sql", "copy t from stdin;\n1\ta\n2\tb\n\\.\n")
    found = try_out(begun, Place(on=database.dsn, data=data))
    assert found.results[0].verdict is Verdict.FAILED
    assert found.results[0].why == (
        "its undo does not bring all rows back, and does not say so:",
        "public.t",
    )
    in_place = try_out(begun, Place(in_place=True, data=data))
    assert in_place.results[0].why == found.results[0].why
    assert database.execute("select count(*) from t") == [(0,)]


def test_without_its_rows_the_same_is_not_seen(begun, database):
    begun.repo.commit({"a.sql": TABLE + "delete from t where id = 2;\n", "a.undo.sql": "-- nothing\n"})
    assert verdicts(try_out(begun, Place(on=database.dsn))) == [Verdict.PROVEN]


def test_in_place_nothing_waits_long_for_a_lock(begun, database):
    begun.repo.commit(
        {"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table t drop x;\n"}
    )
    connection = database.connect()
    connection.cursor().execute("select from t")
    with pytest.raises(StatementError, match="lock timeout") as raised:
        try_out(begun, Place(in_place=True, patience=0.05))
    assert raised.value.retry is Retry.LATER
    assert "Nothing was changed" in raised.value.outcome


def test_in_place_it_is_told_how_long_its_locks_were_held(begun):
    begun.repo.commit(
        {"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table t drop x;\n"}
    )
    found = try_out(begun, Place(in_place=True))
    assert found.held > found.results[0].applied_in


def test_it_is_tried_on_a_server_of_its_own(begun):
    begun.repo.commit(
        {"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table t drop x;\n"}
    )
    assert verdicts(try_out(begun, Place())) == [Verdict.PROVEN]


@pytest.fixture(params=[Rehearse.BEFORE, Rehearse.IN_PLACE])
def careful(request, begun):
    """A shop that rehearses each version before it is deployed."""
    begun.deployment.target = replace(begun.target, rehearse=request.param)
    return begun


def test_a_deploy_that_is_rehearsed_records_what_it_knows(careful, database):
    files = {"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table t drop x;\n"}
    assert careful.push(files).version == 2
    assert database.execute(
        "select version, undo_proof from mainsql.versions where tree = 'shop' order by 1"
    ) == [(1, "unproven"), (2, "proven")]


def test_a_deploy_whose_rehearsal_fails_is_stopped_and_not_tried_again(careful, database):
    outcome = careful.push({"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "select 1;\n"})
    assert (outcome.state, outcome.version) == (State.FAILED, 1)
    assert "table column public.t.x: only in what its undo leaves" in outcome.report
    assert "Nothing was changed" in outcome.report
    assert database.execute("select count(*) from mainsql.attempts") == [(1,)]
    assert careful.deploy().report.endswith(outcome.report)
    assert database.execute("select count(*) from mainsql.attempts") == [(1,)]
    assert careful.push({"a.undo.sql": "alter table t drop x;\n"}).version == 2
