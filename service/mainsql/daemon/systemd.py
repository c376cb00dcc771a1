"""What systemd is told of a daemon: sd_notify(3) and its watchdog.

The protocol is a datagram of lines to a socket that the environment names. There is a library in C for
it, with bindings that need its headers, and ones in Python that nobody keeps: this is less than they.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping

from mainsql.daemon.clock import DelayedCall, Time
from mainsql.daemon.health import Health

_SELDOM = 5.0
"""Seconds between two looks whether the status has changed, where there is no watchdog."""


class Systemd:
    """Tells the service manager, if there is one, how the daemon is; without one it does nothing.

    With a watchdog it is told within half its time that the daemon lives, as long as it does.
    """

    def __init__(
        self,
        health: Callable[[], Health],
        clock: Time,
        *,
        environment: Mapping[str, str] = os.environ,
        pid: int | None = None,
    ) -> None:
        self._health = health
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._watchdog = _watchdog(environment, os.getpid() if pid is None else pid)
        self._status = ""
        self._clock = clock
        self._every = min(self._watchdog / 2, _SELDOM) if self._watchdog else _SELDOM
        self._timer: DelayedCall | None = None

    def ready(self) -> None:
        """It has begun; whatever may be away for now."""
        self._send("READY=1")
        if self._address is not None:
            self._tell()

    def reloading(self) -> None:
        """It reads its configuration again; ``reloaded`` follows."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def reloaded(self) -> None:
        """It has done that, or kept what it had."""
        self._send("READY=1")

    def stopping(self, seconds: float) -> None:
        """It ends within so many seconds."""
        self._send("STOPPING=1", f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

    def stop(self) -> None:
        """It has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        self._timer = self._clock.callLater(self._every, self._tell)
        health = self._health()
        lines = []
        if self._watchdog and health.live:
            lines.append("WATCHDOG=1")
        if (status := health.summary()) != self._status:
            self._status = status
            lines.append(f"STATUS={status}")
        if lines:
            self._send(*lines)

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        # It may be gone, or not read what it is sent: nothing here depends on it.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto("\n".join(lines).encode(), self._address)


def _address(name: str) -> str | None:
    """The socket's address: a path, or with @ a name in the abstract namespace, unix(7)."""
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else None


def _watchdog(environment: Mapping[str, str], pid: int) -> float:
    """Within how many seconds it has to be heard, sd_watchdog_enabled(3); 0 is never."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    if environment.get("WATCHDOG_PID", str(pid)) != str(pid) or not microseconds.isdecimal():
        return 0.0
    return int(microseconds) / 1_000_000
