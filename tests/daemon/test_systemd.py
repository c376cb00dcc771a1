"""What a service manager is told."""

import socket
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from twisted.internet.task import Clock

from mainsql.daemon.health import Health
from mainsql.daemon.systemd import Systemd

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WATCHING = "STATUS=watching 0 repositories for 0 targets"


class Manager:
    """The service manager: what it hears, and the daemon that it hears."""

    def __init__(self, socket, name, **environment):
        self._socket = socket
        self.clock = Clock()
        self.late = []
        self.systemd = Systemd(
            lambda: Health(NOW, NOW, self.late, [], []),
            self.clock,
            environment={"NOTIFY_SOCKET": name, **environment},
            pid=77,
        )

    def heard(self):
        """The lines that were sent since the last time."""
        lines = []
        while True:
            try:
                lines += self._socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    name = str(tmp_path / "notify") if request.param == "path" else f"@mainsql-{uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(name.replace("@", "\0"))
        ours.setblocking(False)
        yield lambda **environment: Manager(ours, name, **environment)


def test_the_life_of_a_daemon(manager):
    here = manager()
    here.systemd.ready()
    assert here.heard() == ["READY=1", WATCHING]
    here.systemd.reloading()
    reloading, since = here.heard()
    assert reloading == "RELOADING=1"
    assert since.removeprefix("MONOTONIC_USEC=").isdecimal()
    here.systemd.reloaded()
    assert here.heard() == ["READY=1"]
    here.systemd.stopping(40.0)
    assert here.heard() == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=40000000"]
    here.systemd.stop()
    assert here.clock.getDelayedCalls() == []


def test_the_status_is_told_when_it_changes(manager):
    here = manager()
    here.systemd.ready()
    here.heard()
    here.clock.pump([5] * 10)
    assert here.heard() == []
    here.late = ["shop"]
    here.clock.advance(5)
    assert here.heard() == ["STATUS=shop hangs"]


def test_the_watchdog_is_told_twice_as_often_as_it_asks_and_only_while_the_daemon_lives(manager):
    here = manager(WATCHDOG_USEC="4000000", WATCHDOG_PID="77")
    here.systemd.ready()
    assert here.heard() == ["READY=1", "WATCHDOG=1", WATCHING]
    here.clock.pump([1] * 4)
    assert here.heard() == ["WATCHDOG=1", "WATCHDOG=1"]
    here.late = ["shop"]
    here.clock.pump([1] * 20)
    assert here.heard() == ["STATUS=shop hangs"]
    here.late = []
    here.clock.pump([1] * 2)
    assert here.heard() == ["WATCHDOG=1", WATCHING]


@pytest.mark.parametrize(
    "environment", [{"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "78"}, {"WATCHDOG_USEC": "x"}]
)
def test_a_watchdog_of_somebody_else_is_not_told(manager, environment):
    here = manager(**environment)
    here.systemd.ready()
    here.clock.pump([1] * 20)
    assert here.heard() == ["READY=1", WATCHING]


@pytest.mark.parametrize("name", ["", "relative", "/nowhere/at/all"])
def test_without_a_manager_or_when_it_is_gone_nothing_happens(name):
    clock = Clock()
    systemd = Systemd(lambda: Health(NOW, NOW, [], [], []), clock, environment={"NOTIFY_SOCKET": name})
    systemd.ready()
    systemd.reloading()
    systemd.reloaded()
    systemd.stopping(1)
    systemd.stop()
    assert clock.getDelayedCalls() == []


def test_a_manager_that_does_not_read_holds_nothing_up(manager):
    here = manager()
    for _ in range(10_000):
        here.systemd.reloaded()
    assert 0 < len(here.heard()) < 10_000
