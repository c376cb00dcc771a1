"""Polls one repository, and tells the deployers of its trees."""

from collections.abc import Callable, Iterable
from datetime import datetime

from twisted.internet.defer import Deferred

from mainsql.daemon.clock import Time
from mainsql.daemon.deployer import Deployer
from mainsql.daemon.health import RepositoryHealth, moment
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop
from mainsql.daemon.seams import Watched
from mainsql.daemon.workers import Run
from mainsql.errors import MainsqlError, Retry
from mainsql.model import Commit

_PATIENCE = 2 * 3600.0
"""Seconds. What a poll does has time limits of its own, of which the longest is an hour."""


class Poller:
    """Polls a repository in a worker thread, every ``interval`` seconds and when it is poked.

    Each poll that succeeds is told to the deployers, who know whether to look at their ledgers: what
    they have is known there and nowhere else. The last head is kept only to say what is new, and to
    tell news, which is worth cutting a deployer's pause short, from a tick, which is not. Deployers
    begin with the first head: before it there is nothing that they could do.
    """

    def __init__(
        self,
        repository: Watched,
        deployers: Iterable[Deployer] = (),
        *,
        interval: float,
        run: Run,
        clock: Time,
        random: Callable[[], float],
        log: Log,
    ) -> None:
        self.name = repository.name
        self._deployers = list(deployers)
        self._repository = repository
        self._interval = interval
        self._in_thread = run
        self._log = log
        self._head: str | None = None
        self._failure: str | None = None
        self._poked = False
        self._heard_at: datetime | None = None
        self._clock = clock
        self._loop = Loop(
            self._poll,
            interval=interval,
            failed=self._failed,
            clock=clock,
            random=random,
            log=log,
            patience=_PATIENCE,
        )

    @property
    def late(self) -> bool:
        """Whether it hangs."""
        return self._loop.late

    def health(self) -> RepositoryHealth:
        """When the repository was last heard from."""
        return RepositoryHealth(self.name, self._heard_at, self._failure, self.interval)

    @property
    def busy(self) -> bool:
        """Whether a poll is in hand."""
        return self._loop.busy

    @property
    def interval(self) -> float:
        """Seconds from the end of a poll to the next."""
        return self._interval

    @interval.setter
    def interval(self, seconds: float) -> None:
        if seconds != self._interval:
            self._interval = self._loop.interval = seconds
            self._loop.nudge()

    def add(self, deployer: Deployer) -> None:
        """Tell this deployer too, beginning with the newest commit that is known."""
        self._deployers.append(deployer)
        if self._head is not None:
            deployer.start()
            deployer.poke()

    def remove(self, deployer: Deployer) -> None:
        """Tell this deployer nothing more."""
        if deployer in self._deployers:  # else it was still waiting for one before it
            self._deployers.remove(deployer)

    def start(self, delay: float = 0.0) -> None:
        """Poll in ``delay`` seconds, and from then on."""
        self._loop.start(delay)

    def poke(self) -> None:
        """Poll now, and let each target be looked at after that: somebody knows of something new."""
        self._poked = True
        self._loop.poke()

    def stop(self) -> Deferred[None]:
        """Begin nothing more. Fires when the poll in hand has ended."""
        return self._loop.stop()

    def _poll(self) -> Deferred[None]:
        poked, self._poked = self._poked, False
        return self._in_thread(self._repository.poll).addCallback(self._polled, poked)

    def _polled(self, head: Commit, poked: bool) -> None:
        self._heard_at = moment(self._clock.seconds())
        if self._failure is not None:
            self._failure = None
            self._log.info("polled_again", "polling works again")
        is_new = head.id != self._head
        if self._head is None:
            for deployer in self._deployers:
                deployer.start()
        self._head = head.id
        if is_new:
            self._log.info(
                "head",
                'at commit {commit} "{subject}" by {author}',
                commit=head.short,
                subject=head.subject,
                author=head.author,
            )
        for deployer in self._deployers:
            if is_new or poked:
                deployer.poke()
            else:
                deployer.tick()

    def _failed(self, error: MainsqlError) -> None:
        report = error.report()
        if report == self._failure:
            return
        self._failure = report
        if error.retry is Retry.LATER:
            self._log.warning("poll_failed", "cannot poll now; trying again", report=report)
        else:
            self._log.error("poll_failed", "cannot poll", report=report)
