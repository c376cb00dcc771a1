"""Lets a fault strike a story at a place, and sees to it that nothing but one of two states comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tests.faults.crashing import CrashingServer
from tests.faults.proxy import Fault, Proxy, Way, place
from tests.faults.runs import Zygote
from tests.faults.scene import Scene, finish
from tests.faults.states import settled_state

_LATER = 4
_LOCK = "pg_try_advisory_"
_NOTHING_CHANGED = "Nothing was changed"
_NO_CONNECTION = "error: cannot connect to database"


class Left(StrEnum):
    """In which of the states that are allowed a fault left the database."""

    BEFORE = "before"
    AFTER = "after"
    UNDER_WAY = "under way"
    """Some segments are finished, or may be, and the ledger says so. Never where all is one transaction."""


@dataclass(frozen=True, slots=True)
class Struck:
    """What a fault left, and what mainsql said of it."""

    left: Left
    said: str


def count_places(scene: Scene, zygote: Zygote) -> int:
    """At how many messages a fault can strike: all that mainsql sends up to COMMIT, and the one after it.

    The last but one is COMMIT.
    """
    with scene.database() as dsn, Proxy(scene.server.socket_folder) as proxy:
        scene.finish(zygote, proxy.dsn(dsn))
        return len(proxy.messages) - proxy.messages[::-1].index("COMMIT") + 1


def kill_in_a_row(scene: Scene, zygote: Zygote, numbers: Sequence[int]) -> None:
    """Kills mainsql -9 at one place after the other.

    Each run is the restart of the one that was killed before, on the database which that left; when
    one has gone through, it is started once more, and it goes on with a fresh database.
    """
    left = list(numbers)
    while left:
        with scene.database() as dsn:
            struck, where = _killed(scene, zygote, dsn, left.pop(0))
            while left and struck.left is Left.BEFORE:
                struck, where = _killed(scene, zygote, dsn, left.pop(0))
            _finish(scene, zygote, dsn, f"killed at {where}")


def kill_alone(scene: Scene, zygote: Zygote, number: int) -> Struck:
    """Kills mainsql -9 at a place, on a fresh database, and starts it again."""
    with scene.database() as dsn:
        struck, where = _killed(scene, zygote, dsn, number)
        _finish(scene, zygote, dsn, f"killed at {where}")
        return struck


def _killed(scene: Scene, zygote: Zygote, dsn: str, number: int) -> tuple[Struck, str]:
    """What a kill at a place leaves, and the place in words."""
    with (
        Proxy(scene.server.socket_folder, Fault(Way.HOLD, place(number))) as proxy,
        scene.start(zygote, proxy.dsn(dsn)) as run,
    ):
        where = proxy.await_place()
        run.kill()
        proxy.settle()
        return Struck(_left(scene, dsn, f"killed at {where}"), run.text), where


def cut(scene: Scene, zygote: Zygote, number: int, way: Way, *, deaf: bool = False) -> Struck:
    """Cuts the connection of a command at a place; it lives on, and must tell the truth.

    Unless ``deaf`` it can connect again at once.
    """
    with scene.database() as dsn:
        with (
            Proxy(scene.server.socket_folder, Fault(way, place(number), deaf=deaf)) as proxy,
            replace(scene, story=scene.story.once).start(zygote, proxy.dsn(dsn), patient=not deaf) as run,
        ):
            how = f"{way.value} at {proxy.await_place()}"
            code = run.wait()
            proxy.settle()
            struck = Struck(_left(scene, dsn, how), run.text)
            _check_truth(scene, struck, code, how)
            if not deaf and scene.story.commit is not None:
                assert code == 0 or _NO_CONNECTION in run.text, f"{how}: not tried again: {run.text}"
        _finish(scene, zygote, dsn, how)
        return struck


def cut_daemon(scene: Scene, zygote: Zygote, number: int, way: Way) -> None:
    """Cuts the connection of the daemon at a place; it must come to the end by itself."""
    with (
        scene.database() as dsn,
        Proxy(scene.server.socket_folder, Fault(way, place(number))) as proxy,
        scene.start(zygote, proxy.dsn(dsn)) as run,
    ):
        how = f"{way.value} at {proxy.await_place()}"
        finish(scene.story, run)
        proxy.settle()
        state = settled_state(dsn)
        assert state == scene.after, f"{scene.story.name}, {how}: {scene.after.difference(state)}\n{run.text}"


def half_open(scene: Scene, zygote: Zygote, number: int) -> None:
    """Cuts the connection for a command only; it asks for the lock until the server is told, too."""
    with (
        scene.database() as dsn,
        Proxy(scene.server.socket_folder, Fault(Way.HALF, place(number))) as proxy,
        replace(scene, story=scene.story.once).start(zygote, proxy.dsn(dsn)) as run,
    ):
        how = f"half open at {proxy.await_place()}"
        proxy.await_another(_LOCK, times=2)
        proxy.release()
        assert run.wait() == 0, f"{how}: {run.text}"
        proxy.settle()
        assert settled_state(dsn) == scene.after, how


def crash(scene: Scene, zygote: Zygote, server: CrashingServer, number: int, way: Way) -> Struck:
    """Kills the server -9 at a place, and starts it again, while a command works on it.

    With PAUSE the server has not seen the message, with SEEN it may have done something about it.
    """
    with scene.database() as dsn:
        with (
            Proxy(scene.server.socket_folder, Fault(way, place(number))) as proxy,
            replace(scene, story=scene.story.once).start(zygote, proxy.dsn(dsn)) as run,
        ):
            how = f"crash ({way.value}) at {proxy.await_place()}"
            server.crash()
            proxy.release()
            code = run.wait()
            proxy.settle()
            struck = Struck(_left(scene, dsn, how), run.text)
            _check_truth(scene, struck, code, how)
        _finish(scene, zygote, dsn, how)
        return struck


def _left(scene: Scene, dsn: str, how: str) -> Left:
    """Which of the states that are allowed the database is in: there must be no other."""
    state = settled_state(dsn)
    if state == scene.before:
        return Left.BEFORE
    if state.under_way and scene.story.in_segments:
        return Left.UNDER_WAY
    assert state == scene.after, (
        f"{scene.story.name}, {how}: neither as before:\n{scene.before.difference(state)}\n"
        f"nor as after:\n{scene.after.difference(state)}"
    )
    return Left.AFTER


def _check_truth(scene: Scene, struck: Struck, code: int, how: str) -> None:
    """What a command that has ended claims must be so, and it claims no more than it knows."""
    what = f"{scene.story.name}, {how}: left as {struck.left}, exit code {code}: {struck.said}"
    assert code in (0, _LATER), what
    if code == 0:
        assert struck.left is Left.AFTER, what
    if _NOTHING_CHANGED in struck.said:
        assert struck.left is Left.BEFORE, what
    assert "Traceback" not in struck.said, what


def _finish(scene: Scene, zygote: Zygote, dsn: str, how: str) -> None:
    """Starts it again, without a fault: now it must come to its end, and exactly once."""
    said = scene.finish(zygote, dsn)
    state = settled_state(dsn)
    assert state == scene.after, (
        f"{scene.story.name}, {how}, then started again: {scene.after.difference(state)}\n{said}"
    )
