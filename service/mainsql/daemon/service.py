"""The daemon as a whole: what it watches, and how it ends."""

import random as chances
import signal
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TypeVar

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure

from mainsql.daemon.clock import Time
from mainsql.daemon.deployer import Deployer
from mainsql.daemon.guard import Guard
from mainsql.daemon.log import Log
from mainsql.daemon.poller import Poller
from mainsql.daemon.pruner import Pruner
from mainsql.daemon.seams import Watch
from mainsql.daemon.workers import Workers

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Daemon:
    """A poller for each repository, a deployer for each target, and threads enough for all of them.

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
        self._clock = clock or reactor
        self._log = log or Log()
        self._stop_timeout = stop_timeout
        self._grace = grace
        self._gate: Deferred[None] | None = None
        targets = sum(len(watch.targets) for watch in watches)
        guarded = [each for watch in watches for each in watch.guarded]
        prunable = [each for watch in watches for each in watch.prunable]
        # One each, so that none that hangs starves another, and one to cancel each deployment.
        self._workers = Workers(reactor, len(watches) + 2 * targets + len(guarded) + len(prunable))
        self.pollers = tuple(self._poller(watch, random) for watch in watches)
        self.deployers = tuple(d for poller in self.pollers for d in poller.deployers)
        run, log = self._workers.run, self._log
        self.guards = tuple(
            Guard(each, run=run, clock=self._clock, random=random, log=log.about(target=each.name))
            for each in guarded
        )
        self.pruners = tuple(
            Pruner(each, run=run, clock=self._clock, random=random, log=log.about(target=each.name))
            for each in prunable
        )

    def _poller(self, watch: Watch, random: Callable[[], float]) -> Poller:
        run, clock = self._workers.run, self._clock
        deployers = [
            Deployer(target, run=run, clock=clock, random=random, log=self._log.about(target=target.name))
            for target in watch.targets
        ]
        return Poller(
            watch.repository,
            deployers,
            interval=watch.interval,
            run=run,
            clock=clock,
            random=random,
            log=self._log.about(repository=watch.repository.name),
        )

    def start(self) -> None:
        """Poll every repository now, and from now on."""
        self._log.info(
            "started",
            "waiting for commits in {repositories} for {targets}; Ctrl-C stops",
            repositories=_names(self.pollers),
            targets=_names(self.deployers),
        )
        self._workers.start()
        for deployer in self.deployers:
            deployer.start()
        for poller in self.pollers:
            poller.start()
        for guard in self.guards:
            guard.start()
        for pruner in self.pruners:
            pruner.start()

    def stop(self) -> Deferred[bool]:
        """Begin nothing more. Fires with whether all that was in hand has ended. Called once."""
        return Deferred.fromCoroutine(self._stop())

    def hurry(self) -> None:
        """Wait no longer for what ``stop()`` waits for now: cancel it, or give it up."""
        if self._gate is not None:
            self._gate.callback(None)

    async def _stop(self) -> bool:
        for poller in self.pollers:
            poller.stop()
        for guard in self.guards:
            guard.stop()
        for pruner in self.pruners:
            pruner.stop()
        deployments = gatherResults([deployer.stop() for deployer in self.deployers])
        if busy := self._deploying():
            self._log.info(
                "stopping",
                "stopping: {targets} may finish within {seconds:g} s; a second signal cancels",
                targets=_names(busy),
                seconds=self._stop_timeout,
            )
            await self._until(deployments, self._stop_timeout)
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
        return [deployer for deployer in self.deployers if deployer.busy]

    def _polling(self) -> list[Poller]:
        return [poller for poller in self.pollers if poller.busy]


def _names(parts: Sequence[Poller] | Sequence[Deployer]) -> str:
    return ", ".join(part.name for part in parts)


def run(daemon: Daemon, reactor: ReactorBase) -> int:
    """Runs the daemon until SIGINT or SIGTERM; gives 0, or 1 when something had to be cut off.

    The first signal stops it, each further one hurries it. Whoever handled the signals before
    handles them again afterwards. With 1, threads may still be at work: end the process.
    """
    return _Run(daemon, reactor).until_stopped()


class _Run:
    def __init__(self, daemon: Daemon, reactor: ReactorBase) -> None:
        self._daemon = daemon
        self._reactor = reactor
        self._clean = False
        self._asked = False
        self._shutting_down = False
        self._ended: Deferred[None] = Deferred()

    def until_stopped(self) -> int:
        before = {number: signal.getsignal(number) for number in SIGNALS}
        try:
            self._listen()
            # The reactor puts its own handlers in place when it starts; ours go over them. It is
            # let to, for it then also arranges that a signal wakes it up.
            self._reactor.callWhenRunning(self._listen)
            self._reactor.addSystemEventTrigger("before", "shutdown", self._before_shutdown)
            self._daemon.start()
            self._reactor.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0 if self._clean else 1

    def _listen(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._asked_to_stop)

    def _asked_to_stop(self) -> None:
        if self._asked:
            self._daemon.hurry()
            return
        self._asked = True
        stopped = self._daemon.stop().addCallbacks(self._note, self._bug)
        stopped.addCallback(self._end)

    def _note(self, clean: bool) -> None:
        self._clean = clean

    def _bug(self, failure: Failure) -> None:
        Log().critical("bug", "a bug in mainsql: it could not stop as it should", failure)

    def _end(self, _: None) -> None:
        self._ended.callback(None)
        if not self._shutting_down:
            self._reactor.stop()

    def _before_shutdown(self) -> Deferred[None]:
        """Holds up whoever stops the reactor until the daemon has ended."""
        self._shutting_down = True
        if not self._asked:
            self._asked_to_stop()
        return self._ended
