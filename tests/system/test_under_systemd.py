"""The unit under a real systemd: it starts, deploys, reads its configuration again, is watched, and stops."""

import signal

import pytest
from tests.bench.link import Link
from tests.contract.inetd import git_daemon
from tests.system.systemd import Systemd, can_be

FIRST = {"main.sql": "create table t ();\n"}
SECOND = {"main.sql": "create table t ();\ncreate table u ();\n"}


@pytest.fixture
def configuration(requires, server, database, repo, tmp_path):
    """Of a repository and a database behind the network: the unit's /tmp is its own."""
    requires("systemd, root, and namespaces", can_be())
    repo.commit(FIRST, "first")
    with git_daemon(tmp_path) as git, Link(server.socket_folder, 0.0) as link:
        yield (
            f'[repositories.shop]\nurl = "git://127.0.0.1:{git.port}/shop"\ninterval = "100ms"\n'
            f"[trees.shop]\n[targets.test]\n"
            f'database = "postgresql://postgres:${{SECRET}}@127.0.0.1:{link.port}/{database.name}"\n'
        )


@pytest.fixture
def systemd(configuration, tmp_path):
    with Systemd(tmp_path / "systemd", configuration, {"SECRET": "hidden"}) as systemd:
        yield systemd


def test_the_life_of_the_unit(systemd, repo):
    systemd.until("deployed", version=1)
    assert systemd.shown("ActiveState") == "active"
    assert systemd.shown("StatusText") == "watching 1 repository for 1 target"
    told = systemd.within("/opt/mainsql/bin/mainsql", "health")
    assert "version 1, up to date" in told.stdout, told.stderr

    assert systemd.control("reload", "mainsql").returncode == 0
    systemd.until("reloaded")
    repo.commit(SECOND, "second")
    systemd.until("deployed", version=2)

    systemd.kill(signal.SIGSTOP)  # it says no more that it lives
    systemd.until("started")
    systemd.until("up_to_date", version=2)
    assert systemd.shown("NRestarts") == "1"

    assert systemd.control("stop", "mainsql").returncode == 0
    systemd.until("stopped")
    assert (systemd.shown("ActiveState"), systemd.shown("Result")) == ("inactive", "success")


def test_it_is_not_started_again_with_a_configuration_that_is_wrong(systemd):
    systemd.until("deployed", version=1)
    systemd.within("sh", "-c", "echo 'nonsense = 1' >> /etc/xdg/mainsql/mainsql.toml")
    assert systemd.control("restart", "mainsql").returncode != 0
    assert systemd.shown("ExecMainStatus") == "64"
    assert (systemd.shown("ActiveState"), systemd.shown("NRestarts")) == ("failed", "0")
