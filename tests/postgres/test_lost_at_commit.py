"""A connection that is lost while COMMIT is under way: the ledger tells what became of it."""

import contextlib

import pytest
from tests.faults.proxy import Fault, Proxy, Way, query
from tests.postgres.deploying import Shop

from mainsql.errors import ConnectionLost, DatabaseUnavailable
from mainsql.operations.deploying import Watcher
from mainsql.operations.rolling_back import preview_rollback, roll_back


class Listener(Watcher):
    def __init__(self):
        self.heard = []

    def waiting(self, why):
        self.heard.append(why)


@pytest.fixture
def cut(tmp_path, every_server, database):
    """Makes a shop whose first COMMIT is cut off, before or after the server sees it."""
    with contextlib.ExitStack() as stack:

        def make(*, after, deaf=False):
            fault = Fault(Way.AFTER if after else Way.BEFORE, query("COMMIT"), deaf=deaf)
            proxy = stack.enter_context(Proxy(every_server.socket_folder, fault))
            shop = Shop(tmp_path, proxy.dsn(database.dsn))
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
    assert "the ledger says that it went through" in listener.heard[0]
    assert shop.deploy().deployed == ()
    assert database.execute("select count(*) from mainsql.versions where tree = 'shop'") == [(1,)]


def test_a_deploy_that_did_not_go_through_is_tried_again(cut, database):
    proxy, shop = cut(after=False)
    shop.repo.commit(FILES)
    with pytest.raises(ConnectionLost):
        shop.deploy()
    assert proxy.reached.is_set()
    assert database.execute("select to_regclass('a'), to_regnamespace('mainsql')") == [(None, None)]
    assert shop.deploy().version == 1


def test_while_the_server_cannot_be_asked_nothing_is_claimed(cut, database):
    proxy, shop = cut(after=True, deaf=True)
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
    if after:
        roll_back(shop.target, planned)
    else:
        with pytest.raises(ConnectionLost, match="lost"):
            roll_back(shop.target, planned)
    assert proxy.reached.is_set()
    expected = None if after else "a"
    assert database.execute("select to_regclass('a')") == [(expected,)]
    marked = "select count(*) from mainsql.versions where rolled_back_at is not null"
    assert database.execute(marked) == [(int(after),)]
