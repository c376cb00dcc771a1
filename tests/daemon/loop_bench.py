"""A Loop whose clock, chance and work are in the test's hand."""

from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mainsql.daemon.backoff import Backoff
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop
from mainsql.errors import DatabaseUnavailable, MainsqlError, ScriptError

LATER = DatabaseUnavailable("the server is away")
NEVER = ScriptError("it is wrong", place=None)


class Bench:
    """``works`` are the pieces of work that began, the last of which may be in hand."""

    def __init__(
        self, *, interval: float | None = 10.0, backoff: Backoff | None = None, chance: float = 0.0
    ) -> None:
        self.clock = Clock()
        self.works: list[Deferred[None]] = []
        self.began: list[float] = []
        self.errors: list[MainsqlError] = []
        self.events: list[dict[str, Any]] = []
        self.loop = Loop(
            self._work,
            interval=interval,
            failed=self.errors.append,
            clock=self.clock,
            random=lambda: chance,
            log=Log(self.events.append),
            backoff=backoff or Backoff(base=1.0, cap=300.0),
        )

    def _work(self) -> Deferred[None]:
        work: Deferred[None] = Deferred()
        self.works.append(work)
        self.began.append(self.clock.seconds())
        return work

    def running(self) -> "Bench":
        """Its first work has begun."""
        self.loop.start()
        self.loop.poke()
        self.clock.advance(0)
        return self

    def waiting(self) -> "Bench":
        """Its first work has succeeded."""
        self.running().finish()
        return self

    def pausing(self) -> "Bench":
        """Its first work has failed in a way that may pass."""
        self.running().fail(LATER)
        return self

    def finish(self) -> None:
        self.works[-1].callback(None)

    def fail(self, error: Exception) -> None:
        self.works[-1].errback(error)

    @property
    def delays(self) -> list[float]:
        """In how many seconds something is due."""
        return [call.getTime() - self.clock.seconds() for call in self.clock.getDelayedCalls()]


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - it is not for secrets
