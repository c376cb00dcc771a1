"""Asking a daemon how it is, through its socket in the state folder."""

import os
import socket
import stat
from datetime import UTC, datetime

import pytest
import pytest_twisted
from daemon_fakes import Heard, within
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from mainsql.daemon.asking import FOLDER, ask_daemons, clear_stale
from mainsql.daemon.door import Door
from mainsql.daemon.health import Health
from mainsql.daemon.log import Log

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def healthy():
    return Health(NOW, NOW, [], [], [])


@pytest.fixture
def door(tmp_path):
    made = Door(healthy, tmp_path / "state", reactor, Log(Heard()))
    made.open()
    yield made
    pytest_twisted.blockon(made.close())


def sockets(tmp_path):
    return sorted((tmp_path / "state" / FOLDER).glob("*"))


@pytest_twisted.ensureDeferred
async def test_who_asks_is_told(door, tmp_path):
    [asked] = await within(deferToThread(ask_daemons, tmp_path / "state"))
    assert (asked.live, asked.ready) == (True, True)
    assert asked.said["since"] == "2026-11-25T00:00:00.000Z"
    assert asked.said["repositories"] == []


def test_it_is_for_its_own_user_only(door, tmp_path):
    [path] = sockets(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest_twisted.ensureDeferred
async def test_closed_it_leaves_nothing(door, tmp_path):
    await within(door.close())
    assert sockets(tmp_path) == []
    assert ask_daemons(tmp_path / "state") == []


def dead(folder, *, age):
    """The socket of a daemon that was killed so many seconds ago."""
    path = folder / f"dead-{age}.sock"
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))
    os.utime(path, (path.stat().st_mtime - age,) * 2)
    return path


@pytest_twisted.ensureDeferred
async def test_those_that_were_killed_do_not_matter_and_are_cleared_away(door, tmp_path):
    [living] = sockets(tmp_path)
    old, young = dead(living.parent, age=120), dead(living.parent, age=0)
    assert len(await within(deferToThread(ask_daemons, tmp_path / "state"))) == 1
    clear_stale(living.parent)
    assert not old.exists()
    assert young.exists()  # it may be just about to listen
    assert living.exists()


def test_one_that_does_not_answer_is_not_live(tmp_path):
    folder = tmp_path / "state" / FOLDER
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(folder / "x.sock"))
        hanging.listen()
        [asked] = ask_daemons(tmp_path / "state", patience=0.05)
    assert (asked.said, asked.live, asked.ready) == (None, False, False)


@pytest.mark.parametrize("state", ["file", "x" * 200, "gone/" * 30])
@pytest_twisted.ensureDeferred
async def test_where_there_can_be_none_the_daemon_goes_on(tmp_path, state):
    (tmp_path / "file").write_text("")
    heard = Heard()
    door = Door(healthy, tmp_path / state, reactor, Log(heard))
    door.open()
    assert heard.names == ["no_door"]
    await within(door.close())


def test_where_nobody_ever_ran_there_is_none(tmp_path):
    assert ask_daemons(tmp_path) == []
