"""Words that wake a daemon, on a real server and behind a real pooler."""

import contextlib
import os
import select
import socket
import subprocess

import psycopg2
import pytest

from mainsql.database.listening import CHANNEL, Deaf, Listening, Wake, Word, listeners, say
from mainsql.database.session import Session
from mainsql.errors import ConnectionLost
from mainsql.operations import waking
from mainsql.operations.target import Target


@contextlib.contextmanager
def listening(dsn):
    ear = Listening(dsn)
    try:
        yield ear
    finally:
        ear.close()


def hear(ear):
    """What is said next."""
    assert select.select([ear], [], [], 30)[0], "nothing was said"
    return ear.heard()


def hear_the_end(ear):
    """The server says first why, and then nothing more."""
    for _ in range(3):
        hear(ear)


def test_what_one_session_says_another_hears(every_server, database):
    word = Word(Wake.LOOK, "shop")
    with listening(database.dsn) as ear, Session(database.dsn, application_name="test") as session:
        assert ear.heard() == []
        say(session, word)
        assert hear(ear) == [word]
        assert ear.heard() == []


def test_a_word_is_said_with_the_transaction_that_it_is_in(database):
    with listening(database.dsn) as ear, Session(database.dsn, application_name="test") as session:
        session.begin()
        say(session, Word(Wake.LOOK, "lost"))
        session.rollback()
        say(session, Word(Wake.LOOK, "shop"))
        assert hear(ear) == [Word(Wake.LOOK, "shop")]


@pytest.mark.parametrize("payload", ["", "hello", "poke", "poke a tree"])
def test_what_somebody_says_by_hand_is_a_poke(database, payload):
    with listening(database.dsn) as ear:
        database.execute("select pg_notify(%s, %s)", (CHANNEL, payload))
        assert hear(ear) == [Word(Wake.POKE, "a tree" if "tree" in payload else None)]


def test_nobody_hears_what_is_said_in_another_database(database, another_database):
    with listening(database.dsn) as ear:
        another_database.execute(f"notify {CHANNEL}")
        database.execute(f"notify {CHANNEL}, 'look shop'")
        assert hear(ear) == [Word(Wake.LOOK, "shop")]


def test_a_connection_that_is_lost_is_heard_too(every_server, database):
    with listening(database.dsn) as ear:
        database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        with pytest.raises(ConnectionLost):
            hear_the_end(ear)


def test_its_descriptor_stays_its_own_until_it_is_closed(database):
    ear = Listening(database.dsn)
    before = ear.fileno()
    database.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name <> ''")
    with pytest.raises(ConnectionLost):
        hear_the_end(ear)
    with socket.socket() as other:  # would take the number of one that is closed
        assert ear.fileno() == before != other.fileno()
        ear.close()


def test_who_listens_is_counted(database):
    with Session(database.dsn, application_name="test") as session:
        assert listeners(session) == 0
        with listening(database.dsn), listening(database.dsn):
            assert listeners(session) == 2


def test_targets_are_told_by_their_tree(database):
    target = Target("production", "shop", database.dsn)
    with listening(database.dsn) as ear:
        assert waking.poke(target) == 1
        assert hear(ear) == [Word(Wake.POKE, "shop")]
        waking.poke(Target("production", "", database.dsn))
        assert hear(ear) == [Word(Wake.POKE)]


def test_that_a_target_is_away_is_no_failure_after_the_deploy():
    waking.poke_if_possible(Target("production", "shop", "host=/nowhere"))


@pytest.fixture
def pooler(requires, tmp_path, database):
    """The connection string for a pooler that shares its connections between transactions."""
    requires("pgbouncer")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    parts = psycopg2.extensions.parse_dsn(database.dsn)
    config = tmp_path / "pgbouncer.ini"
    config.write_text(
        f"""\
[databases]
{parts["dbname"]} = host={parts["host"]} port={parts.get("port", 5432)} user={parts["user"]}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
"""
    )
    # It does not run as root; the embedded server does not either, and this is as whom.
    user = "pgserver" if os.geteuid() == 0 else None
    process = subprocess.Popen(["pgbouncer", str(config)], stderr=subprocess.PIPE, user=user, text=True)
    try:
        for line in process.stderr:
            if "process up" in line:
                break
        yield f"host=127.0.0.1 port={port} dbname={parts['dbname']} user={parts['user']}"
    finally:
        process.terminate()
        process.communicate()


def test_behind_a_pooler_nothing_is_heard_and_that_is_known(pooler):
    with pytest.raises(Deaf, match="pooler"):
        Listening(pooler)


def test_words_go_through_a_pooler_to_who_listens_beside_it(pooler, database):
    with listening(database.dsn) as ear:
        assert waking.poke(Target("production", "shop", pooler)) == 1
        assert hear(ear) == [Word(Wake.POKE, "shop")]
