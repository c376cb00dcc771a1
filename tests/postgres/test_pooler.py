"""Behind PgBouncer in transaction mode: what works, what is refused, and what is left behind for others."""

import threading
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import make_dsn
from tests.postgres.deploying import Shop
from tests.postgres.pooling import pooler

from mainsql.database.limits import Limits
from mainsql.database.pooling import refuse_pooler
from mainsql.database.session import Interrupt, Session
from mainsql.errors import Cancelled, Refused, StatementError
from mainsql.operations.deploying import Watcher
from mainsql.operations.outcome import State
from mainsql.operations.telling import standing


@pytest.fixture
def pooled(requires, server, tmp_path, database):
    """The connection string through a pooler with a single process of the server for all clients."""
    requires("pgbouncer")
    with pooler(server, tmp_path, size=1) as folder:
        yield make_dsn(database.dsn, host=str(folder))


@pytest.fixture
def shop(pooled, tmp_path):
    shop = Shop(tmp_path, pooled, limits=Limits(lock_timeout=0.5, retry_for=0))
    yield shop
    shop.close()


def test_versions_come_and_go_as_without_it(shop, database):
    for count in (1, 2, 3):
        names = "abc"[:count]
        main = "".join(f"create table {name} (id int primary key, at timestamptz);\n" for name in names)
        assert shop.push({"main.sql": main}).version == count
    assert standing(shop.target).broken_links == []
    shop.roll_back(1)
    assert (shop.version, database.execute("select to_regclass('b')")) == (1, [(None,)])
    outcome = shop.push({"main.sql": "create table a (id int primary key, at timestamptz);\nnonsense;\n"})
    assert (outcome.state, shop.version) == (State.FAILED, 1)


def test_a_script_leaves_nothing_in_the_session_that_others_have_next(shop, pooled):
    script = (
        "set search_path = pg_catalog; set statement_timeout = '1h'; set datestyle = 'SQL';\n"
        "create temp table left_over (); prepare left_over as select 1; listen left_over;\n"
        "declare left_over cursor with hold for select 1; select pg_advisory_lock(1);\n"
    )
    assert shop.push({"main.sql": script}).version == 1
    with psycopg2.connect(pooled) as other, other.cursor() as cursor:
        cursor.execute(
            "select current_setting('search_path'), current_setting('statement_timeout'), "
            "to_regclass('left_over'), (select count(*) from pg_prepared_statements where from_sql), "
            "(select count(*) from pg_cursors where is_holdable), "
            "(select count(*) from pg_listening_channels()), "
            "(select count(*) from pg_locks where locktype = 'advisory')"
        )
        assert cursor.fetchall() == [('"$user", public', "0", None, 0, 0, 0, 0)]
    other.close()
    assert shop.push({"main.sql": script + "create table public.a ();\n"}).version == 2


def test_what_others_left_in_the_session_misleads_nobody(shop, database, pooled):
    trap = f"trap_{uuid4().hex}"
    database.execute(f"create schema {trap}; create table {trap}.versions ()")
    other = psycopg2.connect(pooled)
    other.autocommit = True
    other.cursor().execute(
        f"set search_path = {trap}; set intervalstyle = 'iso_8601'; set lock_timeout = '1ms'; "
        "create temp table pg_class (x int); set role pg_monitor"
    )
    other.close()
    assert shop.push({"main.sql": "create table a ();\nselect pg_sleep(0.01);\n"}).version == 1
    assert database.execute("select to_regclass('public.a')") == [("a",)]
    assert shop.version == 1


def test_a_lock_names_who_holds_it(requires, server, tmp_path, database):
    requires("pgbouncer")
    with pooler(server, tmp_path, size=3) as folder:
        dsn = make_dsn(database.dsn, host=str(folder))
        shop = Shop(tmp_path, dsn, limits=Limits(lock_timeout=1.0))
        shop.push({"main.sql": "create table a ();\n"})
        other = database.connect()
        other.cursor().execute("select * from a")
        shop.repo.commit({"main.sql": "create table a ();\nalter table a add x int;\n"})
        with pytest.raises(StatementError, match=r"lock timeout") as raised:
            shop.deploy()
        assert f"blocked by pid {other.info.backend_pid} (user postgres" in raised.value.report()
        shop.close()


def test_it_is_cancelled_through_it(shop, database):
    interrupt = Interrupt()

    class Impatient(Watcher):
        def statement(self, statement):
            if "sleep" in statement.text:
                threading.Timer(0.2, interrupt.request).start()

    shop.repo.commit({"main.sql": "create table a ();\nselect pg_sleep(3600);\n"})
    with pytest.raises(Cancelled):
        shop.deploy(interrupt=interrupt, watcher=Impatient())
    assert database.execute("select to_regclass('a')") == [(None,)]


def test_what_needs_pg_dump_says_why_there_is_no_undo(shop, database):
    shop.push({"main.sql": "create table a (x int);\ncreate view v as select x from a;\n"})
    outcome = shop.push(
        {"main.sql": "create table a (x int);\ncreate view v as select x from a;\ndrop view v;\n"}
    )
    assert outcome.version == 2
    ((kind, reason),) = database.execute(
        "select undo_kind, undo_reason from mainsql.steps where tree = 'shop' and version = 2"
    )
    assert kind == "missing"
    assert "pg_dump, which does not work through a pooler" in reason


def test_a_version_in_segments_is_refused_before_anything_runs(shop, database):
    shop.push({"main.sql": "create table a ();\n"})
    outcome = shop.push(
        {
            "main.sql": "create table a ();\ncreate table b ();\n\\i i.sql\n",
            "i.sql": "-- mainsql: no-transaction\ncreate index concurrently i on a ((1));\n",
        }
    )
    assert (outcome.state, shop.version) == (State.FAILED, 1)
    assert "a version in segments does not work through a pooler" in outcome.report
    assert "Nothing was changed" in outcome.report
    assert database.execute("select to_regclass('b')") == [(None,)]


def test_what_needs_a_session_is_refused(shop, pooled, database):
    with shop.target.connect() as session, pytest.raises(Refused) as raised:
        refuse_pooler(session, "a no-transaction file")
    assert "a no-transaction file does not work through a pooler" in raised.value.report()
    assert "name the server itself" in raised.value.report()


def test_without_a_pooler_nothing_is_refused(database):
    with Session(database.dsn, application_name="mainsql") as session:
        refuse_pooler(session, "a no-transaction file")
        assert not session.pooled
