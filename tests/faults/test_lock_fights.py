"""Others hold locks that a deploy needs: who it is gets said, all of it is tried again, nobody is harmed."""

import threading

import pytest
from tests.faults.load import deploy_beside_pgbench
from tests.postgres.deploying import Shop

from mainsql.database.limits import Limits
from mainsql.database.session import Interrupt
from mainsql.errors import Locked, StatementError
from mainsql.operations.deploying import Watcher
from mainsql.operations.persistence import persist
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.updating import bring_up_to_date

PATIENCE = 60.0
"""Seconds after which a broken test ends."""
SOON = Limits(lock_timeout=0.5, retry_for=PATIENCE)


class Listener(Watcher):
    """Remembers what it is told, and does something when it hears of a wait."""

    def __init__(self, then=lambda: None):
        self.waited, self.done = [], []
        self._then = then

    def waiting(self, why):
        self.waited.append(why)
        self._then()

    def deployed(self, done):
        self.done.append(done.version)


@pytest.fixture
def shop(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, limits=SOON)
    yield shop
    shop.close()


def deploy(shop, watcher, **more):
    return bring_up_to_date(shop.deployment, shop.source.head(), watcher=watcher, jitter=lambda: 0, **more)


@pytest.fixture
def reader(database):
    """Somebody who reads table a in a transaction, and stays in it."""
    connection = database.connect()
    with connection.cursor() as cursor:
        cursor.execute("set application_name = 'a report'")
        connection.commit()
        cursor.execute("create table a (); commit; begin; lock table a in access share mode")
    return connection


def test_a_deploy_waits_for_a_reader_and_says_who_it_is(shop, database, reader):
    shop.repo.commit({"main.sql": "create table b ();\nalter table a add x int;\n"})

    class Patient(Listener):
        def waiting(self, why):
            super().waiting(why)
            if len(self.waited) == 2:
                reader.rollback()

    listener = Patient()
    outcome = deploy(shop, listener)
    assert (outcome.version, listener.done, [d.version for d in outcome.deployed]) == (1, [1], [1])
    first, said = listener.waited
    assert (
        "main.sql:1:1: canceling statement due to lock timeout (at this statement, or at one up to " in first
    )
    assert "main.sql:2:1: canceling statement due to lock timeout [55P03]" in said
    assert f"blocked by pid {reader.info.backend_pid} (user postgres, a report, in its transaction" in said
    assert "lock table a in access share mode" in said
    assert database.execute("select count(*) from mainsql.attempts") == [(0,)]


def test_after_its_patience_it_failed_for_now_and_nothing_was_changed(shop, database, reader):
    shop.repo.commit({"main.sql": "create table b ();\nalter table a add x int;\n"})
    shop.deployment.target = shop.target.tried_for(1.0)
    listener = Listener()
    with pytest.raises(StatementError) as raised:
        deploy(shop, listener)
    assert raised.value.retry.value == "later"
    assert "blocked by pid" in raised.value.report()
    assert raised.value.outcome.endswith("still without a version.\nIt was tried for 1 s.")
    assert len(listener.waited) >= 1
    assert database.execute("select to_regclass('b'), to_regnamespace('mainsql')") == [(None, None)]


def test_a_rollback_waits_too(shop, database):
    shop.push({"main.sql": "create table a ();\n"})
    reader = database.connect()
    reader.cursor().execute("select * from a")
    planned, heard = preview_rollback(shop.target, 0), []

    def waiting(why):
        heard.append(why)
        reader.rollback()

    persist(
        lambda: roll_back(shop.target, planned),
        patience=PATIENCE,
        interrupt=Interrupt(),
        waiting=waiting,
    )
    assert len(heard) == 1
    assert f"blocked by pid {reader.info.backend_pid}" in heard[0]
    assert database.execute("select to_regclass('a')") == [(None,)]


def test_a_deadlock_is_broken_and_tried_again_and_names_the_other(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, limits=Limits(PATIENCE, retry_for=PATIENCE))
    database.execute("create table a (); create table b ()")
    other = database.connect()
    # The server breaks it where somebody has waited for deadlock_timeout: that is the deploy.
    other.cursor().execute(
        "set deadlock_timeout = '1h'; set application_name = 'a worker'; lock table b in share mode"
    )

    def cross():
        other.cursor().execute("lock table a in share mode")
        other.rollback()

    thread = threading.Thread(target=cross)

    class Crossing(Listener):
        def statement(self, statement):
            if "lock table b" in statement.text and not thread.ident:
                thread.start()

    shop.repo.commit(
        {
            "main.sql": "set deadlock_timeout = '600ms';\nlock table a;\nselect 1 as one \\gset\n"
            "lock table b;\ncreate table c ();\n"
        }
    )
    listener = Crossing()
    assert deploy(shop, listener).version == 1
    thread.join(PATIENCE)
    assert "main.sql:4:1: deadlock detected [40P01] (blocked by pid" in listener.waited[0]
    assert "a worker" in listener.waited[0]
    assert "waits for AccessExclusiveLock" in listener.waited[0]
    shop.close()


def test_a_serialization_failure_is_tried_again(shop, database):
    database.execute("create sequence tries")
    failing = "do $$ begin if nextval('tries') < 3 then raise sqlstate '40001'; end if; end $$;\n"
    shop.repo.commit({"main.sql": failing})
    listener = Listener()
    assert deploy(shop, listener).version == 1
    assert [line.rpartition(" ")[2] for line in listener.waited] == ["[40001]"] * 2


def test_somebody_who_keeps_the_ledger_to_himself_is_named(shop, database):
    shop.push({"main.sql": "create table a ();\n"})
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b ();\n"})
    other = database.connect()
    other.cursor().execute("lock mainsql.versions")
    with pytest.raises(Locked) as raised:
        shop.deploy()
    assert "somebody else holds a lock that mainsql needs" in raised.value.report()
    assert f"blocked by pid {other.info.backend_pid}" in raised.value.report()
    listener = Listener(other.rollback)
    assert deploy(shop, listener).version == 2


def test_a_deploy_beside_another_one_says_who_and_since_when(shop, database):
    shop.push({"main.sql": "create table a ();\n"})
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b ();\n"})
    other = database.connect()
    with other.cursor() as cursor:
        cursor.execute("set application_name = 'mainsql shop@test v2'")
        other.commit()
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (shop.target.lock_key,))
    listener = Listener(other.rollback)
    assert deploy(shop, listener).version == 2
    (said,) = listener.waited
    assert f"somebody else is deploying to shop@test now: pid {other.info.backend_pid}, postgres, " in said
    assert "mainsql shop@test v2, since 2" in said


def test_the_server_shows_which_version_is_being_made(shop, database):
    shown = []

    class Curious(Watcher):
        def statement(self, statement):
            shown.extend(
                database.execute(
                    "select application_name from pg_stat_activity where application_name ~ '^mainsql '"
                )
            )

    shop.repo.commit({"main.sql": "create table a ();\n"})
    shop.deploy(watcher=Curious())
    assert shown == [("mainsql shop@test v1",)]


def test_a_statement_that_ends_its_session_each_time_is_not_tried_for_ever(shop, database):
    shop.repo.commit({"main.sql": "create table a ();\nselect pg_terminate_backend(pg_backend_pid());\n"})
    listener = Listener()
    outcome = deploy(shop, listener)
    assert (outcome.state.value, len(listener.waited)) == ("failed", 2)
    assert "main.sql:2:1: 3 times the connection was lost at this statement" in outcome.report
    assert "    2 | select pg_terminate_backend" in outcome.report
    assert "Nothing was changed" in outcome.report
    assert shop.deploy().report == outcome.report


def test_a_busy_application_is_hardly_held_up(server, database, tmp_path):
    (tmp_path / "work").mkdir()
    found = deploy_beside_pgbench(server, database.dsn, tmp_path / "work", deploys=20, lock_timeout=0.5)
    assert (found.failed, found.waits >= 4, found.transactions > 100) == (0, True, True)
    # Whoever queues behind a deploy waits no longer than the deploy does; the rest is this machine's.
    assert found.worst < 0.5 + 3
