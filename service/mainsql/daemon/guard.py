"""Looks whether a target still is what was deployed to it, and says what is new about that."""

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred

from mainsql.daemon.clock import Time
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop
from mainsql.daemon.seams import Guarded
from mainsql.daemon.workers import Run
from mainsql.errors import MainsqlError, Retry


class Guard:
    """Looks in a worker thread, every ``interval`` seconds. What was said once is not said again."""

    def __init__(
        self, target: Guarded, *, run: Run, clock: Time, random: Callable[[], float], log: Log
    ) -> None:
        self.name = target.name
        self._target = target
        self._in_thread = run
        self._log = log
        self._seen: Sequence[str] = ()
        self._failure: str | None = None
        self._loop = Loop(
            self._look,
            interval=target.interval,
            failed=self._failed,
            clock=clock,
            random=random,
            log=log,
        )

    @property
    def late(self) -> bool:
        """Whether it hangs."""
        return self._loop.late

    def start(self) -> None:
        """Look now, and from now on."""
        self._loop.start()

    def stop(self) -> Deferred[None]:
        """Begin nothing more. Fires when the look in hand has ended."""
        return self._loop.stop()

    def _look(self) -> Deferred[None]:
        return self._in_thread(self._target.look).addCallback(self._looked)

    def _looked(self, found: Sequence[str]) -> None:
        self._failure = None
        before, self._seen = self._seen, found
        if found and found != before:
            message = "somebody changed by other means what was deployed"
            self._log.warning("drift", message, report="\n".join(found))
        elif before and not found:
            self._log.info("no_drift", "it is again as it was deployed")

    def _failed(self, error: MainsqlError) -> None:
        report = error.report()
        if report == self._failure:
            return
        self._failure = report
        say = self._log.warning if error.retry is Retry.LATER else self._log.error
        say("drift_not_known", "cannot look whether it is as it was deployed", report=report)
