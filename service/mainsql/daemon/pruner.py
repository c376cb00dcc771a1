"""Drops, once an hour, what goes beyond the limits of the rows that a target keeps."""

from collections.abc import Callable

from twisted.internet.defer import Deferred

from mainsql.daemon.clock import Time
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop
from mainsql.daemon.seams import Prunable, Pruned
from mainsql.daemon.workers import Run
from mainsql.errors import MainsqlError, Retry

INTERVAL = 3600.0
"""Seconds from the end of one pruning to the beginning of the next."""


class Pruner:
    """Prunes in a worker thread. What it cannot do is said once."""

    def __init__(
        self, target: Prunable, *, run: Run, clock: Time, random: Callable[[], float], log: Log
    ) -> None:
        self.name = target.name
        self._target = target
        self._in_thread = run
        self._log = log
        self._over = False
        self._failure: str | None = None
        self._loop = Loop(
            self._prune, interval=INTERVAL, failed=self._failed, clock=clock, random=random, log=log
        )

    @property
    def late(self) -> bool:
        """Whether it hangs."""
        return self._loop.late

    def start(self) -> None:
        """Prune now, and from now on."""
        self._loop.start()

    def stop(self) -> Deferred[None]:
        """Begin nothing more. Fires when the pruning in hand has ended."""
        return self._loop.stop()

    def _prune(self) -> Deferred[None]:
        return self._in_thread(self._target.prune).addCallback(self._pruned)

    def _pruned(self, found: Pruned) -> None:
        self._failure = None
        if found.dropped:
            self._log.info("pruned", "dropped what was kept: {what}", what=", ".join(found.dropped))
        if found.over and not self._over:
            message = "what the undo of versions needs is {bytes} bytes more than archive_size"
            self._log.warning("archives_too_large", message, bytes=found.over)
        self._over = bool(found.over)

    def _failed(self, error: MainsqlError) -> None:
        report = error.report()
        if error.retry is Retry.LATER or report == self._failure:
            return
        self._failure = report
        self._log.error("not_pruned", "cannot drop what goes beyond the limits", report=report)
