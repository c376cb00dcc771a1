"""The one seam between the reactor and the blocking core: threads."""

from collections.abc import Callable
from threading import Thread
from typing import ParamSpec, Protocol, TypeVar, cast

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """Workers.run, as those see it who give it work."""

    def __call__(self, function: Callable[[], T], /) -> Deferred[T]:
        """Call it in a thread; fires with what it returns or raises."""


class _Expendable(Thread):
    """A thread that does not keep a process alive which has decided to end without it."""

    def start(self) -> None:
        self.daemon = True
        super().start()


class _Pool(ThreadPool):
    threadFactory = _Expendable


class Workers:
    """At most ``size`` threads, each made when it is first needed. For the reactor's thread only."""

    def __init__(self, reactor: ReactorBase, size: int = 1) -> None:
        self._reactor = reactor
        self._pool = _Pool(minthreads=0, maxthreads=max(1, size), name="mainsql")
        self._in_hand = 0
        self._stopped: Deferred[None] | None = None

    def resize(self, size: int) -> None:
        """Allow so many threads from now on."""
        self._pool.adjustPoolsize(maxthreads=max(1, size))

    def start(self) -> None:
        """Work that was given before begins now."""
        self._pool.start()

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Call it in a thread; fires in the reactor's with what it returns or raises."""
        if self._stopped is not None:
            raise RuntimeError("the workers were stopped")
        self._in_hand += 1
        reactor = cast(IReactorFromThreads, self._reactor)
        done = deferToThreadPool(reactor, self._pool, function, *args, **kwargs)
        return done.addBoth(self._ended)

    def stop(self) -> Deferred[None]:
        """Take no more work. Fires when all that is in hand has ended, and its threads with it.

        Called once. What never ends does not keep the process alive.
        """
        self._stopped = Deferred()
        if self._in_hand == 0:
            self._join(self._stopped)
        return self._stopped

    def _ended(self, result: T) -> T:
        self._in_hand -= 1
        if self._in_hand == 0 and self._stopped is not None:
            # Not here: first whoever gave the last work shall see what came of it.
            self._reactor.callFromThread(self._join, self._stopped)
        return result

    def _join(self, stopped: Deferred[None]) -> None:
        self._pool.stop()
        stopped.callback(None)
