"""mainsql health, and what a service manager hears of the installed daemon."""

import json
import signal
import socket

import pytest
from tests.system.test_watch import version


def test_a_daemon_that_runs_is_live_and_ready(repo, program, database):
    repo.commit(version(1), "first")
    with program.watch("--interval", "100ms") as daemon:
        daemon.until("deployed", version=1)
        done = program.run("health")
        assert (done.returncode, done.stderr) == (0, "")
        assert "the daemon lives and is ready: watching 1 repository for 1 target" in done.stdout
        [said] = json.loads(program.run("health", "--json").stdout)
        assert (said["live"], said["ready"], said["late"]) == (True, True, [])
        assert said["repositories"][0]["heard_at"]
        assert (said["targets"][0]["state"], said["targets"][0]["version"]) == ("up to date", 1)
        status = program.run("status")
        assert "the daemon that runs here heard from its source last at" in status.stdout
        assert program.json("status")[0]["heard_at"].endswith("Z")
        assert daemon.stop() == 0
    done = program.run("health")
    assert (done.returncode, "no daemon runs" in done.stdout) == (1, True)
    assert program.json("status")[0]["heard_at"] is None


def test_a_source_that_cannot_be_reached_is_told(repo, program, tmp_path):
    repo.commit(version(1), "first")
    (tmp_path / "mainsql.toml").write_text(
        f'[repositories.shop]\nurl = "{(tmp_path / "away.git").as_uri()}"\n[trees.shop]\n[targets.test]\n'
    )
    config = "--config", str(tmp_path / "mainsql.toml")
    with program.watch(*config) as daemon:
        daemon.until("poll_failed")
        status = program.run("status", *config)
        assert "the daemon that runs here has not heard from its source yet, and cannot now:" in status.stdout
        assert "away.git' does not appear to be a git repository" in status.stdout
        (found,) = program.json("status", *config)
        assert found["heard_at"] is None
        assert "does not appear to be" in found["source_problem"]
        repo.push(tmp_path / "away.git")
        daemon.until("polled_again")
        assert program.json("status", *config)[0]["source_problem"] is None
        assert daemon.stop() == 0


def test_one_that_cannot_reach_its_database_lives_but_is_not_ready(repo, tmp_path, program, closed_port):
    repo.commit(version(1), "first")
    dsn = f"postgresql://nobody:s3cret@127.0.0.1:{closed_port}/shop"
    with program.watch("--database", dsn, "--interval", "100ms") as daemon:
        daemon.until("waiting")
        done = program.run("health")
        assert done.returncode == 1
        assert "lives, but is not ready" in done.stdout
        assert f"127.0.0.1, port {closed_port}" in done.stdout
        assert program.run("health", "--live").returncode == 0
        assert "s3cret" not in program.run("health", "--json").stdout
        assert daemon.stop() == 0


def test_what_was_refused_does_not_make_it_unready(repo, program, database):
    repo.commit(version(1), "first")
    with program.watch("--interval", "100ms") as daemon:
        daemon.until("deployed", version=1)
        repo.commit({"a.sql": "create table a (id bigint);\n"}, "an edit")
        daemon.until("refused")
        done = program.run("health")
        assert done.returncode == 0
        assert "shop@" in done.stdout
        assert ": refused" in done.stdout
        assert daemon.stop() == 0


def test_one_that_was_killed_does_not_matter(repo, program, database):
    repo.commit(version(1), "first")
    with program.watch() as daemon:
        daemon.until("deployed", version=1)
        daemon.process.kill()
    assert program.run("health").returncode == 1
    with program.watch() as daemon:
        daemon.until("up_to_date", version=1)
        assert program.run("health").returncode == 0
        assert daemon.stop() == 0


@pytest.fixture
def manager(tmp_path):
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(str(tmp_path / "notify"))
        ours.settimeout(60)
        yield ours


def test_a_service_manager_is_told(repo, tmp_path, program, manager):
    (repo.path / "mainsql.toml").write_text('[repositories.r]\nurl = "."\n[trees.shop]\n[targets.test]\n')
    repo.commit(version(1), "first")
    heard = []

    def until(line):
        while line not in heard:
            heard.extend(manager.recv(4096).decode().split("\n"))

    program = program.with_environment(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="200000")
    with program.watch() as daemon:
        until("READY=1")
        until("WATCHDOG=1")
        until("STATUS=watching 1 repository for 1 target")
        heard.clear()
        daemon.process.send_signal(signal.SIGHUP)
        until("RELOADING=1")
        until("READY=1")
        assert daemon.stop(signal.SIGTERM) == 0
        until("STOPPING=1")
