"""Sessions that the server ends, because a script, a role or a database says that they take too long."""

import os

import psycopg2
import pytest
from tests.conftest import major

from mainsql.database.listening import Listening
from mainsql.operations.outcome import State
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.telling import standing
from mainsql.operations.updating import bring_up_to_date
from mainsql.operations.watching import Watcher


class Patient(Watcher):
    """Waits at the statement with this word until the server's process for the session has ended."""

    def __init__(self, dsn, word):
        self._dsn = dsn
        self._word = word

    def statement(self, statement):
        if self._word not in statement.text:
            return
        connection = psycopg2.connect(self._dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select pid from pg_stat_activity where application_name ~ '^mainsql shop@test v' "
                "and datname = current_database()"
            )
            pids = [pid for (pid,) in cursor]
        connection.close()
        while any(map(runs, pids)):
            pass


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


TABLE = "create table t (x int);\n"


@pytest.fixture
def since_17(every_server):
    if major(every_server) < 17:
        pytest.skip("PostgreSQL 17 knows transaction_timeout first")


@pytest.fixture
def began(shop):
    shop.push({"main.sql": TABLE})
    return shop


def test_a_script_that_may_not_be_idle_has_failed(began, database):
    script = "set idle_in_transaction_session_timeout = 300;\nselect 1 as one \\gset\nselect 2 as late;\n"
    began.repo.commit({"main.sql": TABLE + "\\i x.sql\n", "x.sql": script})
    outcome = began.deploy(watcher=Patient(database.dsn, "late"))
    assert (outcome.state, outcome.version) == (State.FAILED, 1)
    assert "x.sql:3:1 (included from main.sql:2): before this: " in outcome.report
    assert "idle-in-transaction timeout [25P03]" in outcome.report
    assert "a script sets idle_in_transaction_session_timeout, or" in outcome.report
    assert "Nothing was changed: shop@test is still at version 1." in outcome.report
    assert began.deploy().report in outcome.report  # and is not tried again
    assert [each.sqlstate for each in standing(began.target).history.attempts] == ["25P03"]


def test_a_transaction_that_takes_too_long_has_failed(began, since_17, database):
    script = "set transaction_timeout = 50;\nselect pg_sleep(3600);\n"
    outcome = began.push({"main.sql": TABLE + "\\i x.sql\n", "x.sql": script})
    assert (outcome.state, outcome.version) == (State.FAILED, 1)
    assert "x.sql:2:1" in outcome.report
    assert "transaction timeout [25P04]" in outcome.report
    assert began.deploy().state is State.FAILED


def test_so_has_one_that_mainsql_itself_finds_ended(began, since_17, database):
    database.execute(f"alter database {database.name} set transaction_timeout = 50")
    script = "select 1 as slow;\n"
    began.repo.commit({"main.sql": TABLE + "\\i x.sql\n", "x.sql": script})
    outcome = began.deploy(watcher=Patient(database.dsn, "slow"))
    database.execute(f"alter database {database.name} reset transaction_timeout")
    assert (outcome.state, outcome.version) == (State.FAILED, 1)
    assert "[25P04]" in outcome.report


def test_an_undo_script_that_takes_too_long(began, since_17):
    undo = "set transaction_timeout = 50;\nselect pg_sleep(3600);\n"
    began.push({"main.sql": TABLE + "\\i x.sql\n", "x.sql": "create table x ();", "x.undo.sql": undo})
    with pytest.raises(Exception, match=r"transaction timeout \[25P04\]") as raised:
        roll_back(began.target, preview_rollback(began.target, 1))
    assert raised.value.outcome == "Nothing was changed: shop@test is still at version 2."


def test_what_a_database_has_for_idle_sessions_is_set_aside(began, database):
    for setting in ("idle_in_transaction_session_timeout", "idle_session_timeout"):
        database.execute(f"alter database {database.name} set {setting} = '1h'")
    database.execute(
        "create table seen (setting text, found text); create procedure see(setting text) language sql as "
        "'insert into seen select setting, current_setting(setting)'"
    )
    files = {
        "main.sql": TABLE + "\\i x.sql\n\\i y.sql\n",
        "x.sql": "call see('idle_in_transaction_session_timeout');",
        "y.sql": "-- mainsql: no-transaction\ncall see('idle_session_timeout');\n",
    }
    outcome = began.push(files)
    assert outcome.state is State.UP_TO_DATE, outcome.report
    assert database.execute("select found from seen") == [("0",), ("0",)]
    ear = Listening(database.dsn)
    assert ear.query("show idle_session_timeout") == [("0",)]
    ear.close()


def test_alone_it_is_in_progress_and_says_so(began, since_17, database):
    database.execute("create procedure slow() language sql as 'select pg_sleep(3600)'")
    script = "-- mainsql: no-transaction\nvacuum t;\nset transaction_timeout = 50;\ncall slow();\n"
    outcome = began.push({"main.sql": TABLE + "\\i x.sql\n", "x.sql": script})
    assert (outcome.state, outcome.version) == (State.IN_PROGRESS, 1)
    assert "x.sql:4:1" in outcome.report
    assert "shop@test: version 2 is in progress: 1 of 2 segments are finished, and stay." in outcome.report
    assert standing(began.target).history.progress.next.in_doubt


def test_what_the_server_said_last_is_told(began):
    said = []

    class Hearing(Watcher):
        def waiting(self, why):
            said.append(why)

    began.repo.commit({"main.sql": TABLE + "select pg_terminate_backend(pg_backend_pid());\n"})
    outcome = bring_up_to_date(began.deployment, began.source.head(), watcher=Hearing())
    reason = "terminating connection due to administrator command"
    assert said[0] == f"the connection to the database was lost at main.sql:2:1: {reason}"
    assert (outcome.state, reason in outcome.report) == (State.FAILED, True)
