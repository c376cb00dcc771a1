"""Child processes that are waited for: with a time limit, and until somebody says stop."""

import os
import signal
import subprocess
import threading
from contextlib import suppress

from mainsql.errors import Cancelled, SourceUnavailable

_GRACE = 5.0


class Children:
    """The processes that some threads wait for. Each must lead a session of its own.

    What holds no locks is ended ``at_once``, and not told to end first.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._signal = signal.SIGKILL if at_once else signal.SIGTERM
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped: set[subprocess.Popen[bytes]] = set()

    def finish(
        self,
        process: "subprocess.Popen[bytes]",
        what: str,
        *,
        given: bytes | None = None,
        limit: float | None,
    ) -> tuple[bytes, bytes]:
        """Waits for the end of a process, and gives what it wrote: its output and its messages.

        It reads what is ``given``. Raises SourceUnavailable when it takes more than ``limit`` seconds,
        Cancelled when ``stop`` ends it.
        """
        with self._lock:
            self._running.add(process)
        try:
            output, messages = process.communicate(given, timeout=limit)
        except subprocess.TimeoutExpired:
            self._end(process)
            raise SourceUnavailable(
                f"{what} was stopped, as it took more than {limit:g} seconds",
                hint="check the network and the load of the server",
            ) from None
        except BaseException:
            self._end(process)
            raise
        finally:
            with self._lock:
                self._running.discard(process)
                stopped = process in self._stopped
                self._stopped.discard(process)
        if stopped:
            raise Cancelled(f"{what} was stopped on request")
        return output, messages

    def stop(self) -> None:
        """Ends what ``finish`` is waiting for, in whatever threads."""
        with self._lock:
            for process in self._running:
                self._stopped.add(process)
                _signal(process, self._signal)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        _signal(process, self._signal)
        end(process)


def interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Tells a process and its children to end, and does not wait for it."""
    _signal(process, signal.SIGTERM)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process and its children, gently first (so that it removes its locks), and its pipes."""
    with suppress(OSError):  # what is left in the buffer has nobody to go to
        if process.stdin:
            process.stdin.close()
    with process:
        interrupt(process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        _signal(process, signal.SIGKILL)


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
