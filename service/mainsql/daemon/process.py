"""The process that a daemon is: its signals, and how it ends."""

import signal
from types import FrameType

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mainsql.daemon.log import Log
from mainsql.daemon.service import Daemon

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
