"""Pruning: when, and what is said about it."""

from tests.daemon.daemon_fakes import Heard, inline
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mainsql.daemon.log import Log
from mainsql.daemon.pruner import INTERVAL, Pruner
from mainsql.daemon.seams import Prunable, Pruned
from mainsql.errors import DatabaseError, DatabaseUnavailable

NOTHING = Pruned(())


class Target(Prunable):
    """Each pruning finds what comes next; the last stays."""

    name = "shop@production"

    def __init__(self, *found: Pruned | Exception) -> None:
        self.found = list(found)
        self.times = 0

    def prune(self) -> Pruned:
        self.times += 1
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if isinstance(found, Exception):
            raise found
        return found


class PrunerTests(SynchronousTestCase):
    def pruner(self, *found: Pruned | Exception) -> tuple[Target, Heard, Clock]:
        target, heard, clock = Target(*found), Heard(), Clock()
        pruner = Pruner(target, run=inline, clock=clock, random=lambda: 0.0, log=Log(heard))
        pruner.start()
        self.addCleanup(self.check_quiet, pruner, clock)
        clock.advance(0)
        return target, heard, clock

    def check_quiet(self, pruner: Pruner, clock: Clock) -> None:
        self.successResultOf(pruner.stop())
        assert clock.getDelayedCalls() == []

    def test_it_prunes_at_once_and_every_hour(self) -> None:
        target, heard, clock = self.pruner(NOTHING)
        assert target.times == 1
        clock.advance(INTERVAL - 1)
        assert target.times == 1
        clock.advance(1)
        assert target.times == 2
        assert heard.names == []

    def test_it_says_what_it_dropped_and_once_that_too_much_is_left(self) -> None:
        too_much = Pruned(["rows of orders (version 3)"], over=12)
        _, heard, clock = self.pruner(too_much, Pruned((), over=12), NOTHING, Pruned((), over=1))
        for _ in range(3):
            clock.advance(INTERVAL)
        assert heard.names == ["pruned", "archives_too_large", "archives_too_large"]

    def test_it_says_once_why_it_cannot_and_nothing_of_what_passes(self) -> None:
        error = DatabaseError("no")
        _, heard, clock = self.pruner(error, error, DatabaseUnavailable("away"), error)
        for _ in range(3):
            clock.advance(INTERVAL)
        assert heard.names == ["not_pruned"]
