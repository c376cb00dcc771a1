"""Hears what is said in one database, for all the targets in it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mainsql.daemon.clock import Time
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop
from mainsql.daemon.seams import Ear
from mainsql.daemon.workers import Run
from mainsql.database.listening import Word
from mainsql.errors import ConnectionLost, MainsqlError, Retry

_AGAIN = 300.0
"""Seconds after which it is tried again where nothing can be heard."""

_LONG = 60.0
"""Seconds after which a connection that is lost was a good one, and is made again at once."""


class Readers(Protocol):
    """What is used of Twisted's IReactorFDSet, whose own declaration mypy cannot read."""

    def addReader(self, reader: "_Reader", /) -> None:
        """Watch it."""

    def removeReader(self, reader: "_Reader", /) -> None:
        """Watch it no more."""


class Listener:
    """Keeps a connection that listens, and makes it again when it is lost.

    ``came_up`` is called each time that it begins to hear: what was said before, nobody heard.
    ``heard`` gets what is said.
    """

    def __init__(
        self,
        listen: Callable[[], Ear],
        *,
        came_up: Callable[[], None],
        heard: Callable[[Sequence[Word]], None],
        run: Run,
        reactor: Readers,
        clock: Time,
        random: Callable[[], float],
        log: Log,
    ) -> None:
        self.problem: str | None = None
        self._connect = listen
        self._came_up = came_up
        self._heard = heard
        self._in_thread = run
        self._reactor = reactor
        self._clock = clock
        self._log = log
        self._since = 0.0
        self._was_up = False
        self._stopping = False
        self._reader: _Reader | None = None
        self._over: Deferred[None] = Deferred()
        self._loop = Loop(
            self._listen,
            interval=_AGAIN,
            failed=self._failed,
            clock=clock,
            random=random,
            log=log,
        )

    @property
    def hears(self) -> bool:
        """Whether what is said now would be heard."""
        return self._reader is not None

    def start(self) -> None:
        """Listen, from now on."""
        self._loop.start()

    def stop(self) -> Deferred[None]:
        """Listen no more. Fires when a connection that is just being made is closed again, too."""
        self._stopping = True
        stopped = self._loop.stop()
        self._end(None)
        return stopped

    def _listen(self) -> Deferred[None]:
        return self._in_thread(self._connect).addCallback(self._connected)

    def _connected(self, ear: Ear) -> Deferred[None] | None:
        if self._stopping:
            ear.close()
            return None
        self._over = Deferred()
        self._since = self._clock.seconds()
        self._reader = _Reader(ear, self._heard, self._lost)
        self._reactor.addReader(self._reader)
        if self._was_up or self.problem is not None:
            self._log.info("listening", "operators are heard at once again")
        self._was_up, self.problem = True, None
        self._came_up()
        return self._over

    def _lost(self, error: MainsqlError) -> None:
        if self._clock.seconds() - self._since < _LONG:
            self._end(error)
            return
        self._loop.poke()
        self._end(None)
        self._failed(error)

    def _end(self, error: MainsqlError | None) -> None:
        if self._reader is None:
            return
        self._reactor.removeReader(self._reader)
        self._reader.close()
        self._reader = None
        if error is None:
            self._over.callback(None)
        else:
            self._over.errback(error)

    def _failed(self, error: MainsqlError) -> None:
        report = error.report()
        # One that was never there is the deployer's to report.
        if report != self.problem and (self._was_up or error.retry is Retry.NEVER):
            say = self._log.warning if error.retry is Retry.LATER else self._log.info
            say("not_listening", "what operators say is noticed at a poll, not at once", report=report)
        self.problem = report


class _Reader:
    """What the reactor watches: it has something to read when something was said, or all is over."""

    def __init__(
        self, ear: Ear, heard: Callable[[Sequence[Word]], None], lost: Callable[[MainsqlError], None]
    ) -> None:
        self._ear = ear
        self._heard = heard
        self._lost = lost

    def fileno(self) -> int:
        return self._ear.fileno()

    def doRead(self) -> None:
        try:
            words = self._ear.heard()
        except MainsqlError as error:
            self._lost(error)
            return
        self._heard(words)

    def connectionLost(self, reason: Failure) -> None:
        """The reactor gives it up: it ends, or found a bug in what is above."""
        self._lost(ConnectionLost(reason.getErrorMessage()))

    def logPrefix(self) -> str:
        return "mainsql"

    def close(self) -> None:
        self._ear.close()
