"""Looking for drift: when, and what is said about it."""

from collections.abc import Sequence

from tests.daemon.daemon_fakes import Heard, inline
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mainsql.daemon.guard import Guard
from mainsql.daemon.log import Log
from mainsql.daemon.seams import Guarded
from mainsql.errors import DatabaseError, DatabaseUnavailable


class Target(Guarded):
    """Each look finds what comes next; the last stays."""

    name = "shop@production"
    interval = 60.0

    def __init__(self, *found: Sequence[str] | Exception) -> None:
        self.found = list(found)
        self.looks = 0

    def look(self) -> Sequence[str]:
        self.looks += 1
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if isinstance(found, Exception):
            raise found
        return found


class GuardTests(SynchronousTestCase):
    def guard(self, *found: Sequence[str] | Exception) -> tuple[Target, Heard, Clock]:
        target, heard, clock = Target(*found), Heard(), Clock()
        guard = Guard(target, run=inline, clock=clock, random=lambda: 0.0, log=Log(heard))
        guard.start()
        self.addCleanup(self.check_quiet, guard, clock)
        clock.advance(0)
        return target, heard, clock

    def check_quiet(self, guard: Guard, clock: Clock) -> None:
        self.successResultOf(guard.stop())
        assert clock.getDelayedCalls() == []

    def test_it_looks_at_once_and_again_after_each_interval(self) -> None:
        target, _, clock = self.guard([])
        assert target.looks == 1
        clock.advance(59)
        assert target.looks == 1
        clock.advance(1)
        assert target.looks == 2

    def test_it_says_what_is_new(self) -> None:
        _, heard, clock = self.guard(["a"], ["a"], ["a", "b"], [], [])
        for _ in range(4):
            clock.advance(60)
        assert heard.names == ["drift", "drift", "no_drift"]

    def test_it_says_once_why_it_cannot_look(self) -> None:
        error = DatabaseError("no")
        _, heard, clock = self.guard(error, error, [], DatabaseUnavailable("away"))
        for _ in range(3):
            clock.advance(60)
        assert heard.names == ["drift_not_known", "drift_not_known"]
