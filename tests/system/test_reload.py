"""SIGHUP reads the configuration again."""

import signal

import pytest
from tests.system.test_watch import tables, version

HEAD = 'stop_timeout = "1h"\n[repositories.shop]\nurl = "."\ninterval = "100ms"\n[trees.shop]\n'


@pytest.fixture
def configure(repo, database, another_database):
    """Writes a configuration with the targets of those names."""
    dsns = {"one": database.dsn, "two": another_database.dsn}

    def write(*names, more=""):
        targets = "".join(f'[targets.{name}]\ndatabase = "{dsns[name]}"\n' for name in names)
        (repo.path / "mainsql.toml").write_text(HEAD + targets + more)

    return write


def test_targets_come_and_go(repo, program, database, another_database, configure):
    repo.commit(version(1), "first")
    configure("one")
    with program.watch() as daemon:
        daemon.until("deployed", version=1, target="shop@one")
        configure("one", "two")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("database", target="shop@two")
        daemon.until("reloaded", targets="shop@one, shop@two")
        daemon.until("deployed", version=1, target="shop@two")

        configure("two")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("reloaded", targets="shop@two")
        repo.commit(version(2), "second")
        daemon.until("deployed", version=2, target="shop@two")
        assert daemon.stop(signal.SIGTERM) == 0
    assert (tables(database), tables(another_database)) == (["a"], ["a", "b"])
    assert sum('"watching"' in line for line in daemon.lines) == 2
    assert "Traceback" not in "".join(daemon.lines)


def test_one_that_is_not_valid_is_reported_and_the_old_one_stays(repo, program, database, configure):
    repo.commit(version(1), "first")
    configure("one")
    with program.watch() as daemon:
        daemon.until("deployed", version=1)
        configure("one", more="nonsense = true\nlock_timeout = -1\n")
        daemon.process.send_signal(signal.SIGHUP)
        told = daemon.until("not_reloaded")
        assert "targets.one.nonsense: unknown key" in told["report"]
        assert "targets.one.lock_timeout" in told["report"]
        (repo.path / "mainsql.toml").unlink()
        daemon.process.send_signal(signal.SIGHUP)
        assert "cannot read" in daemon.until("not_reloaded")["report"]
        repo.commit(version(2), "second")
        daemon.until("deployed", version=2)
        assert daemon.stop() == 0


def test_a_deployment_in_hand_finishes_before_its_target_is_left(
    repo, program, database, configure, until_seen
):
    repo.commit({"main.sql": "create table a ();\nselect pg_advisory_lock(1);\ncreate table z ();\n"})
    other = database.connect()
    other.cursor().execute("select pg_advisory_lock(1)")
    configure("one")
    with program.watch() as daemon:
        daemon.until("head")
        until_seen("wait_event = 'advisory'")
        configure("two")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("leaving", target="shop@one")
        daemon.until("deployed", target="shop@two", version=1)
        other.cursor().execute("select pg_advisory_unlock(1)")
        daemon.until("deployed", target="shop@one", version=1)
        assert daemon.stop() == 0
    other.close()


def test_what_the_command_line_describes_cannot_be_read_again(repo, program):
    repo.commit(version(1), "first")
    with program.watch("--interval", "100ms") as daemon:
        daemon.until("deployed", version=1)
        daemon.process.send_signal(signal.SIGHUP)
        assert "no configuration file to read again" in daemon.until("not_reloaded")["report"]
        repo.commit(version(2), "second")
        daemon.until("deployed", version=2)
        assert daemon.stop() == 0
