"""A standby is a wait: what can be read is told, what has to be written follows once it is promoted."""

import contextlib
from dataclasses import replace

import psycopg2
import pytest
from psycopg2.extensions import make_dsn
from tests.postgres.deploying import Shop
from tests.postgres.standbys import standby

from mainsql.cli.exits import Exit, exit_code
from mainsql.database.connecting import psql_line
from mainsql.errors import DatabaseUnavailable, Retry
from mainsql.operations.drifting import check_drift
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.telling import standing

FIRST = {"main.sql": "create table a ();\n"}
SECRET = "hush"  # noqa: S105
SECOND = {"main.sql": "create table a ();\ncreate table b ();\n"}


@pytest.fixture
def shop(tmp_path, server, database):
    shop = Shop(tmp_path, database.dsn)
    yield shop
    shop.close()


def test_a_standby_is_waited_for_and_a_failover_is_followed(shop, server, tmp_path, database):
    shop.push(FIRST)
    (tmp_path / "standby").mkdir()
    with standby(server, tmp_path / "standby") as folder:
        alone = make_dsn(database.dsn, host=str(folder))
        shop.deployment.target = target = replace(shop.target, dsn=alone)
        assert (standing(target).history.number, standing(target).standby) == (1, True)
        assert shop.deploy().version == 1
        assert check_drift(target).found is False

        shop.repo.commit(SECOND)
        with pytest.raises(DatabaseUnavailable) as raised:
            shop.deploy()
        assert (
            "is on a standby, which is only read from: waiting until it is promoted" in raised.value.report()
        )
        assert "Nothing was changed: shop@test is still at version 1." in raised.value.report()
        assert (raised.value.retry, exit_code(raised.value)) == (Retry.LATER, Exit.LATER)
        with pytest.raises(DatabaseUnavailable, match="standby"):
            roll_back(target, preview_rollback(target, 0))

        # Whichever of the servers is the primary is found: now that is the second.
        hosts = {"host": f"{folder},{server.socket_folder}", "port": "5432,5432"}
        both = make_dsn(database.dsn, **hosts, password=SECRET, target_session_attrs="read-write")
        shop.deployment.target = replace(shop.target, dsn=both)
        assert shop.deploy().version == 2
        assert database.execute("select to_regclass('b')") == [("b",)]
        assert SECRET not in psql_line(both) + repr(shop.deployment)

        with contextlib.closing(psycopg2.connect(alone)) as connection, connection.cursor() as cursor:
            cursor.execute("select pg_promote()")
            assert cursor.fetchone() == (True,)
        shop.deployment.target = target
        assert shop.deploy().version == 2
        assert standing(target).standby is False


def test_while_no_server_takes_writes_it_waits(shop, server, tmp_path, database):
    (tmp_path / "standby").mkdir()
    with standby(server, tmp_path / "standby") as folder:
        dsn = make_dsn(database.dsn, host=str(folder), target_session_attrs="read-write")
        shop.deployment.target = replace(shop.target, dsn=dsn)
        shop.repo.commit(FIRST)
        with pytest.raises(DatabaseUnavailable) as raised:
            shop.deploy()
        assert "no server of the connection string takes writes now" in raised.value.report()


def test_a_database_that_was_set_to_be_read_only_is_waited_for(shop, database):
    database.execute(f"alter database {database.name} set default_transaction_read_only = on")
    shop.repo.commit(FIRST)
    with pytest.raises(DatabaseUnavailable) as raised:
        shop.deploy()
    assert "default_transaction_read_only is on" in raised.value.report()
    assert "RESET it there" in raised.value.report()
