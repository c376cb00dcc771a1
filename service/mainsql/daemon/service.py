"""The daemon as a whole: what it watches, and how it ends."""

import random as chances
from collections.abc import Callable, Sequence
from typing import TypeVar

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from mainsql.daemon.clock import Time
from mainsql.daemon.deployer import Deployer
from mainsql.daemon.health import Health, moment
from mainsql.daemon.log import Log
from mainsql.daemon.parts import Parts
from mainsql.daemon.poller import Poller
from mainsql.daemon.seams import Configured, Watch
from mainsql.daemon.workers import Workers
from mainsql.errors import MainsqlError

T = TypeVar("T")


class Daemon:
    """Watches repositories, and keeps targets up to date with them.

    A transaction in hand when it is stopped gets ``stop_timeout`` seconds to finish, then it is
    cancelled and gets ``grace`` seconds to be rolled back. ``reactor`` carries results from the
    threads, ``clock`` (by default the reactor too) all that has to do with time.
    """

    def __init__(
        self,
        watches: Sequence[Watch],
        reactor: ReactorBase,
        *,
        clock: Time | None = None,
        random: Callable[[], float] = chances.random,
        stop_timeout: float = 30.0,
        grace: float = 5.0,
        log: Log | None = None,
    ) -> None:
        self.stop_timeout = stop_timeout
        self._clock = clock or reactor
        self._log = log or Log()
        self._grace = grace
        self._gate: Deferred[None] | None = None
        self._stopping = False
        self._since = moment(self._clock.seconds())
        self._watches = watches
        self._workers = Workers(reactor)
        self._parts = Parts(self._workers, reactor, clock=self._clock, random=random, log=self._log)

    def health(self) -> Health:
        """How it is now."""
        return self._parts.health(self._since)

    @property
    def longest_end(self) -> float:
        """How many seconds it takes at most to end, if nobody hurries it."""
        return self.stop_timeout + 2 * self._grace

    def start(self) -> None:
        """Poll every repository now, and from now on."""
        self._workers.start()
        self._parts.change_to(self._watches)
        self._log.info(
            "started",
            "waiting for commits in {repositories} for {targets}; Ctrl-C stops",
            repositories=_names(self._parts.pollers),
            targets=_names(self._parts.deployers),
        )

    def reload(self, read: Callable[[], Configured]) -> Deferred[None]:
        """Go on with the configuration that ``read`` gives, in a worker thread; it raises MainsqlError.

        What has not changed goes on untouched; with a configuration that is not valid all does.
        Fires when that is decided. Not to be called again before.
        """
        if self._stopping:
            return succeed(None)
        return self._workers.run(read).addCallback(self._change_to).addErrback(self._not_reloaded)

    def _change_to(self, configured: Configured) -> None:
        if self._stopping:
            return
        self.stop_timeout = configured.stop_timeout
        self._parts.change_to(configured.watches)
        self._log.info(
            "reloaded",
            "read the configuration again; waiting for commits in {repositories} for {targets}",
            repositories=_names(self._parts.pollers),
            targets=_names(self._parts.deployers),
        )

    def _not_reloaded(self, failure: Failure) -> None:
        message = "the configuration is not used, and all goes on as before"
        if isinstance(failure.value, MainsqlError):
            self._log.error("not_reloaded", message, report=failure.value.report())
        else:
            self._log.critical("bug", "a bug in mainsql: it could not be reloaded", failure)

    def stop(self) -> Deferred[bool]:
        """Begin nothing more. Fires with whether all that was in hand has ended. Called once."""
        return Deferred.fromCoroutine(self._stop())

    def hurry(self) -> None:
        """Wait no longer for what ``stop()`` waits for now: cancel it, or give it up."""
        if self._gate is not None:
            self._gate.callback(None)

    async def _stop(self) -> bool:
        self._stopping = True
        deployments = self._parts.stop()
        if busy := self._deploying():
            self._log.info(
                "stopping",
                "stopping: {targets} may finish within {seconds:g} s; a second signal cancels",
                targets=_names(busy),
                seconds=self.stop_timeout,
            )
            await self._until(deployments, self.stop_timeout)
        if busy := self._deploying():
            self._log.warning("cancelling", "cancelling {targets}", targets=_names(busy))
            for deployer in busy:
                deployer.cancel()
            await self._until(deployments, self._grace)
        if busy := self._deploying():
            self._log.error(
                "cut_off",
                "ending although {targets} did not end within {seconds:g} s of being cancelled; "
                "the server rolls back what was not committed",
                targets=_names(busy),
                seconds=self._grace,
            )
            return False
        await self._end_workers()
        self._log.info("stopped", "stopped")
        return True

    async def _end_workers(self) -> None:
        idle = self._workers.stop()
        if polling := self._polling():
            self._log.info("stopping", "stopping: waiting for the poll of {polls}", polls=_names(polling))
        await self._until(idle, self._grace)
        if polling := self._polling():
            self._log.warning(
                "left",
                "leaving the poll of {polls}, which hangs: nothing depends on it",
                polls=_names(polling),
            )

    async def _until(self, done: Deferred[T], seconds: float) -> None:
        """Returns when it has fired, or after so many seconds, or on ``hurry()``."""
        if done.called:
            return
        gate: Deferred[None] = Deferred()
        self._gate = gate
        timer = self._clock.callLater(seconds, self.hurry)
        done.addCallback(lambda _: self.hurry() if self._gate is gate else None)
        await gate
        self._gate = None
        if timer.active():
            timer.cancel()

    def _deploying(self) -> list[Deployer]:
        return [deployer for deployer in self._parts.deployers if deployer.busy]

    def _polling(self) -> list[Poller]:
        return [poller for poller in self._parts.pollers if poller.busy]


def _names(parts: Sequence[Poller] | Sequence[Deployer]) -> str:
    return ", ".join(part.name for part in parts)
