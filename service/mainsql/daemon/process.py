"""The process that a daemon is: its signals, and how it ends."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mainsql.daemon.door import Door
from mainsql.daemon.log import Log
from mainsql.daemon.seams import Configured
from mainsql.daemon.service import Daemon
from mainsql.daemon.systemd import Systemd

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(daemon: Daemon, reactor: ReactorBase, read: Callable[[], Configured], state: Path) -> int:
    """Runs the daemon until SIGINT or SIGTERM; gives 0, or 1 when something had to be cut off.

    The first signal stops it, each further one hurries it. SIGHUP lets it ``read`` the configuration
    again, but for the one that says that its terminal is gone: that stops it. Whoever handled the
    signals before handles them again afterwards. With 1, threads may still be at work: end the process.
    Meanwhile systemd is told how it is, and whoever asks through the folder ``state``.
    """
    systemd = Systemd(daemon.health, reactor)
    door = Door(daemon.health, state, reactor, Log())
    return _Run(daemon, reactor, read, systemd, door).until_stopped()


class _Run:
    def __init__(
        self,
        daemon: Daemon,
        reactor: ReactorBase,
        read: Callable[[], Configured],
        systemd: Systemd,
        door: Door,
    ) -> None:
        self._daemon = daemon
        self._reactor = reactor
        self._read = read
        self._systemd = systemd
        self._door = door
        self._clean = False
        self._asked = False
        self._shutting_down = False
        self._reloading = False
        self._reload_again = False
        self._may_hang_up = _has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        self._ended: Deferred[None] = Deferred()

    def until_stopped(self) -> int:
        before = {number: signal.getsignal(number) for number in SIGNALS}
        try:
            self._listen()
            # The reactor puts its own handlers in place when it starts; ours go over them. It is
            # let to, for it then also arranges that a signal wakes it up.
            self._reactor.callWhenRunning(self._listen)
            self._reactor.addSystemEventTrigger("before", "shutdown", self._before_shutdown)
            self._reactor.callWhenRunning(self._systemd.ready)
            self._daemon.start()
            self._door.open()
            self._reactor.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0 if self._clean else 1

    def _listen(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        asked = self._hung_up_or_asked_to_reload if number == signal.SIGHUP else self._asked_to_stop
        self._reactor.callFromThread(asked)

    def _hung_up_or_asked_to_reload(self) -> None:
        if self._may_hang_up and not _has_terminal():
            self._asked_to_stop()
        else:
            self._asked_to_reload()

    def _asked_to_reload(self) -> None:
        if self._reloading:
            self._reload_again = True
            return
        self._reloading = True
        self._systemd.reloading()
        self._daemon.reload(self._read).addCallback(self._reloaded)

    def _reloaded(self, _: None) -> None:
        self._reloading = False
        self._systemd.reloaded()
        if self._reload_again:
            self._reload_again = False
            self._asked_to_reload()

    def _asked_to_stop(self) -> None:
        if self._asked:
            self._daemon.hurry()
            return
        self._asked = True
        self._systemd.stopping(self._daemon.longest_end)
        stopped = self._daemon.stop().addCallbacks(self._note, self._bug)
        stopped.addCallback(self._end)

    def _note(self, clean: bool) -> None:
        self._clean = clean

    def _bug(self, failure: Failure) -> None:
        Log().critical("bug", "a bug in mainsql: it could not stop as it should", failure)

    def _end(self, _: None) -> None:
        self._systemd.stop()
        self._door.close().addBoth(self._leave)

    def _leave(self, _: object) -> None:
        self._ended.callback(None)
        if not self._shutting_down:
            self._reactor.stop()

    def _before_shutdown(self) -> Deferred[None]:
        """Holds up whoever stops the reactor until the daemon has ended."""
        self._shutting_down = True
        if not self._asked:
            self._asked_to_stop()
        return self._ended


def _has_terminal() -> bool:
    """Whether the process has a terminal that controls it, which is still there: tty(4)."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
