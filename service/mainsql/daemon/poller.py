"""Polls one repository, and tells the deployers of its trees."""

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred

from mainsql.daemon.clock import Time
from mainsql.daemon.deployer import Deployer
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop
from mainsql.daemon.seams import Watched
from mainsql.daemon.workers import Run
from mainsql.errors import MainsqlError, Retry
from mainsql.model import Commit


class Poller:
    """Polls a repository in a worker thread, every ``interval`` seconds and when it is poked.

    Every poll that succeeds makes the deployers look at their ledgers again: what they have is
    known there and nowhere else. The last head is kept only to say what is new, and to tell news,
    which is worth cutting a deployer's pause short, from a tick, which is not.
    """

    def __init__(
        self,
        repository: Watched,
        deployers: Sequence[Deployer],
        *,
        interval: float,
        run: Run,
        clock: Time,
        random: Callable[[], float],
        log: Log,
    ) -> None:
        self.name = repository.name
        self.deployers = tuple(deployers)
        self._repository = repository
        self._in_thread = run
        self._log = log
        self._head: str | None = None
        self._failure: str | None = None
        self._loop = Loop(
            self._poll,
            interval=interval,
            failed=self._failed,
            clock=clock,
            random=random,
            log=log,
        )

    @property
    def busy(self) -> bool:
        """Whether a poll is in hand."""
        return self._loop.busy

    def start(self) -> None:
        """Poll now, and from now on."""
        self._loop.start()

    def poke(self) -> None:
        """Poll now: somebody knows of a new commit."""
        self._loop.poke()

    def stop(self) -> Deferred[None]:
        """Begin nothing more. Fires when the poll in hand has ended."""
        return self._loop.stop()

    def _poll(self) -> Deferred[None]:
        return self._in_thread(self._repository.poll).addCallback(self._polled)

    def _polled(self, head: Commit) -> None:
        if self._failure is not None:
            self._failure = None
            self._log.info("polled_again", "polling works again")
        is_new = head.id != self._head
        self._head = head.id
        if is_new:
            self._log.info(
                "head",
                'at commit {commit} "{subject}" by {author}',
                commit=head.short,
                subject=head.subject,
                author=head.author,
            )
        for deployer in self.deployers:
            if is_new:
                deployer.poke()
            else:
                deployer.nudge()

    def _failed(self, error: MainsqlError) -> None:
        report = error.report()
        if report == self._failure:
            return
        self._failure = report
        if error.retry is Retry.LATER:
            self._log.warning("poll_failed", "cannot poll now; trying again", report=report)
        else:
            self._log.error("poll_failed", "cannot poll", report=report)
