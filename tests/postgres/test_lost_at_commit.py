"""A connection that is lost while COMMIT is under way: the ledger tells what became of it."""

import contextlib
import re
import threading
from dataclasses import replace

import psycopg2.extensions
import pytest
from tests.faults.proxy import Fault, Proxy, Way, query
from tests.postgres.deploying import Shop

from mainsql.database.limits import Limits
from mainsql.database.lost import Lost
from mainsql.database.session import Interrupt
from mainsql.errors import Cancelled, ConnectionLost, DatabaseUnavailable
from mainsql.operations.deploying import Watcher
from mainsql.operations.outcome import State
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.settling import settle
from mainsql.operations.updating import bring_up_to_date

LOST = "the connection was lost at COMMIT; (the ledger says|the server says of its transaction) that it "
"""Which of them is asked first depends on whether the server has let go of the lock by then."""


class Listener(Watcher):
    def __init__(self):
        self.heard = []
        self.waited = []

    def waiting(self, why):
        self.waited.append(why)

    def told(self, what):
        self.heard.append(what)


@pytest.fixture
def cut(tmp_path, every_server, database):
    """Makes a shop whose first COMMIT is cut off, before or after the server sees it."""
    with contextlib.ExitStack() as stack:

        def make(*, after, deaf=False, limits=None):
            fault = Fault(Way.AFTER if after else Way.BEFORE, query("COMMIT"), deaf=deaf)
            proxy = stack.enter_context(Proxy(every_server.socket_folder, fault))
            shop = Shop(tmp_path, proxy.dsn(database.dsn), limits=limits)
            stack.callback(shop.close)
            return proxy, shop

        yield make


FILES = {"main.sql": "\\i a.sql\n", "a.sql": "create table a ();", "a.undo.sql": "drop table a;"}


def test_a_deploy_that_went_through_is_reported_as_deployed(cut, database):
    proxy, shop = cut(after=True)
    shop.repo.commit(FILES)
    listener = Listener()
    outcome = shop.deploy(watcher=listener)
    assert proxy.reached.is_set()
    assert (outcome.version, [d.version for d in outcome.deployed]) == (1, [1])
    assert re.fullmatch(LOST + "went through", listener.heard[0])
    assert shop.deploy().deployed == ()
    assert database.execute("select count(*) from mainsql.versions where tree = 'shop'") == [(1,)]


def test_a_deploy_that_did_not_go_through_is_tried_again(cut, database):
    proxy, shop = cut(after=False)
    shop.repo.commit(FILES)
    with pytest.raises(ConnectionLost, match=LOST + "was rolled back") as raised:
        shop.deploy()
    assert raised.value.outcome == "Nothing was changed: shop@test is still without a version."
    assert proxy.reached.is_set()
    assert database.execute("select to_regclass('a'), to_regnamespace('mainsql')") == [(None, None)]
    assert shop.deploy().version == 1


def test_while_the_server_cannot_be_asked_nothing_is_claimed(cut, database):
    proxy, shop = cut(after=True, deaf=True, limits=Limits(retry_for=0))
    shop.repo.commit(FILES)
    with pytest.raises(DatabaseUnavailable) as raised:
        shop.deploy()
    assert proxy.reached.is_set()
    assert "it is not known yet whether shop@test was changed" in raised.value.report()
    assert "Nothing was changed" not in raised.value.report()
    assert raised.value.retry.value == "later"


@pytest.mark.parametrize("after", [True, False])
def test_a_rollback(cut, database, after, tmp_path):
    proxy, shop = cut(after=after)
    direct = Shop(tmp_path / "direct", database.dsn)
    direct.push(FILES)
    direct.close()
    planned = preview_rollback(shop.target, 0)
    heard = []
    if after:
        roll_back(shop.target, planned, told=heard.append)
        assert re.fullmatch(LOST + "went through", " ".join(heard))
    else:
        with pytest.raises(ConnectionLost, match=LOST + "was rolled back"):
            roll_back(shop.target, planned)
    assert proxy.reached.is_set()
    expected = None if after else "a"
    assert database.execute("select to_regclass('a')") == [(expected,)]
    marked = "select count(*) from mainsql.versions where rolled_back_at is not null"
    assert database.execute(marked) == [(int(after),)]


class Clock:
    """Each look at it is a second later."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        self.seconds += 1
        return self.seconds


class Hanging:
    """A transaction of a shop's own kind, which nobody ends: its client is gone without a word."""

    def __init__(self, shop, database, statement):
        self.connection = database.connect()
        self.cursor = self.connection.cursor()
        self.cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (shop.target.lock_key,))
        self.cursor.execute(statement)
        self.cursor.execute("select pg_current_xact_id()::text::bigint")
        self.lost = Lost(self.cursor.fetchone()[0], self.connection.info.backend_pid)

    def settle(self, shop, heard, *, marked=False):
        settle(shop.target, self.lost, Interrupt(), lambda _: marked, heard.append, clock=Clock())


def test_a_session_that_hangs_before_its_commit_is_ended(shop, database):
    shop.push(FILES)
    hanging, heard = Hanging(shop, database, "create table b ()"), []
    with pytest.raises(ConnectionLost, match=LOST + "was rolled back"):
        hanging.settle(shop, heard)
    assert heard == ["the connection was lost at COMMIT, and COMMIT did not arrive: ended that session"]
    assert database.execute("select to_regclass('b')") == [(None,)]


def test_one_that_is_at_work_is_not_ended_and_nothing_is_claimed(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, limits=Limits(retry_for=5))
    shop.push(FILES)
    hanging, heard = Hanging(shop, database, "create table b ()"), []
    with at_work(hanging.connection), pytest.raises(DatabaseUnavailable) as raised:
        hanging.settle(shop, heard)
    assert f"its session (pid {hanging.lost.pid}) is still at work" in raised.value.report()
    assert "it is not known yet whether shop@test was changed" in raised.value.report()
    assert heard == []
    hanging.connection.commit()
    assert database.execute("select to_regclass('b')") == [("b",)]
    shop.close()


@contextlib.contextmanager
def at_work(connection):
    """While it is open, a statement runs, as a COMMIT does that waits for a standby."""
    begun = threading.Event()
    thread = threading.Thread(target=_sleep, args=(connection, begun))
    thread.start()
    begun.wait()
    yield
    connection.cancel()
    thread.join(30)


def _sleep(connection, begun):
    with connection.cursor() as cursor:
        cursor.execute("savepoint here")
        begun.set()
        with contextlib.suppress(psycopg2.extensions.QueryCanceledError):
            cursor.execute("select pg_sleep(3600)")
        cursor.execute("rollback to savepoint here")


@pytest.mark.parametrize("committed", [True, False])
def test_where_the_ledger_is_kept_from_it_the_server_tells(tmp_path, every_server, database, committed):
    shop = Shop(tmp_path, database.dsn, limits=Limits(lock_timeout=0.1))
    shop.push(FILES)
    hanging, heard = Hanging(shop, database, "create table b ()"), []
    hanging.connection.commit() if committed else hanging.connection.rollback()
    database.connect().cursor().execute("lock mainsql.versions")
    verdict = "the server says of its transaction that it "
    if committed:
        hanging.settle(shop, heard, marked=False)
        assert heard == [f"the connection was lost at COMMIT; {verdict}went through"]
    else:
        with pytest.raises(ConnectionLost, match=f"{verdict}was rolled back"):
            hanging.settle(shop, heard, marked=True)
    shop.close()


def test_one_that_holds_on_to_the_lock_and_waits_for_nothing_is_ended(shop, database):
    shop.push(FILES)
    hanging, heard = Hanging(shop, database, "create table b ()"), []
    hanging.cursor.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (shop.target.lock_key,))
    hanging.cursor.execute("select backend_start from pg_stat_activity where pid = pg_backend_pid()")
    hanging.lost = replace(hanging.lost, holds_on_since=hanging.cursor.fetchone()[0])
    hanging.connection.commit()
    hanging.settle(shop, heard)
    assert heard == [
        "the connection was lost at COMMIT; the server says of its transaction that it went through"
    ]
    while database.execute("select from pg_stat_activity where pid = %s", (hanging.lost.pid,)):
        pass
    assert shop.push({"b.sql": "select 1;", "main.sql": "\\i a.sql\n\\i b.sql\n"}).version == 2


def commits(number):
    """For ``Fault``: the COMMIT of that number."""
    seen = []

    def at(_, message):
        if query("COMMIT")(0, message):
            seen.append(message)
        return len(seen) == number

    return at


ROW = {
    "main.sql": "\\i a.sql\n\\i v.sql\n\\i c.sql\n",
    "a.sql": "create table a ();",
    "v.sql": "-- mainsql: no-transaction\nvacuum a;\n",
    "c.sql": "create table c ();",
}


@pytest.mark.parametrize("way", [Way.AFTER, Way.HALF])
@pytest.mark.parametrize("number", [1, 2, 4, 5])
def test_in_a_row_of_segments(tmp_path, database, server, way, number):
    """These COMMITs write down the first transaction, that the statement begins, its end, and the rest."""
    direct = Shop(tmp_path / "direct", database.dsn, tree="other")
    direct.push({"main.sql": "select 1;"})
    direct.close()
    with Proxy(server.socket_folder, Fault(way, commits(number))) as proxy:
        shop = Shop(tmp_path, proxy.dsn(database.dsn), limits=Limits(retry_for=60))
        shop.repo.commit(ROW)
        listener = Listener()
        outcome = bring_up_to_date(shop.deployment, shop.source.head(), watcher=listener)
        shop.close()
        assert proxy.reached.is_set()
    assert (outcome.state, [each.version for each in outcome.deployed]) == (State.UP_TO_DATE, [1])
    verdict = "went through" if way is Way.AFTER else "was rolled back"
    ended = "the connection was lost at COMMIT, and COMMIT did not arrive: ended that session"
    assert re.search(LOST + verdict, " ".join([*listener.heard, *listener.waited]))
    assert (ended in listener.heard) is (way is Way.HALF)
    assert database.execute("select to_regclass('a'), to_regclass('c')") == [("a", "c")]
    assert database.execute("select count(*), bool_and(finished_at is not null) from mainsql.segments") == [
        (3, True)
    ]


def test_finding_out_can_be_cancelled(shop, database):
    shop.push(FILES)
    hanging, interrupt = Hanging(shop, database, "create table b ()"), Interrupt()
    interrupt.request()
    with pytest.raises(Cancelled) as raised:
        settle(shop.target, hanging.lost, interrupt, lambda _: False, lambda _: None)
    assert "it is not known yet" in raised.value.report()
