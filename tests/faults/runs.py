"""Runs of mainsql: started by a zygote, watched line by line, killed."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.gitrepo import ISOLATED

PATIENCE = 180.0
"""How many seconds an event may take before a run is given up. Nothing waits for it otherwise."""

_ROOT = Path(__file__).parents[2]
_OF_THE_USER = ("MAINSQL_", "PG", "GIT_", "COVERAGE_")


class Run:
    """A process of mainsql, and what it says. A context manager: it is killed if it still runs."""

    def __init__(self, orders: socket.socket, output: int) -> None:
        self.pid = int(orders.recv(64))
        self.said: list[str] = []
        self._orders = orders
        self._code: int | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._code is None:
            self.kill()

    @property
    def text(self) -> str:
        """All that it has said."""
        return "".join(self.said)

    def until(self, *events: str) -> dict[str, Any]:
        """The next of these events in its log, as JSON has it; fails when it ends before."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"none of {events} in:\n{self.text}") from None
            if line is None:
                raise AssertionError(f"it ended before one of {events}:\n{self.text}")
            if line.startswith("{") and (found := json.loads(line))["event"] in events:
                return dict(found)

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        assert self._code is None, "it has ended"
        os.kill(self.pid, number)  # nobody waits for it before wait() does: the pid is still its own

    def kill(self) -> None:
        """Kills it, and waits for its end."""
        self.signal(signal.SIGKILL)
        self.wait()

    def end(self) -> None:
        """Tells it to end, and waits until it has, as it should."""
        self.signal(signal.SIGTERM)
        assert self.wait() == 0, self.text

    def wait(self) -> int:
        """Waits for its end; its exit code, or the number of the signal that ended it, negative."""
        if self._code is None:
            try:
                self._code = int(self._orders.recv(64))
            except TimeoutError:
                raise AssertionError(f"it does not end:\n{self.text}") from None
            self._reader.join(PATIENCE)
        return self._code

    def _read(self, output: int) -> None:
        with os.fdopen(output, errors="replace") as lines:
            for line in lines:
                self.said.append(line)
                self._lines.put(line)
        self._lines.put(None)


class Zygote:
    """Starts runs of mainsql one after the other, with ``state`` for what it keeps. A context manager."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_OF_THE_USER)}
        home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "MAINSQL_STATE"), str(state))
        self._environment = {**kept, **ISOLATED, **home}
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders.settimeout(PATIENCE)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.zygote", str(theirs.fileno())],
                cwd=_ROOT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def __enter__(self) -> "Zygote":
        assert self._orders.recv(64) == b"ready"
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.wait(PATIENCE)

    def start(self, *arguments: str, folder: Path, environment: Mapping[str, str]) -> Run:
        """A run of ``mainsql`` with these arguments in a folder. The one before must have ended."""
        output, theirs = os.pipe()
        order = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": {**self._environment, **environment},
        }
        try:
            socket.send_fds(self._orders, [json.dumps(order).encode()], [theirs])
        finally:
            os.close(theirs)
        return Run(self._orders, output)

    def run(self, *arguments: str, folder: Path, environment: Mapping[str, str]) -> str:
        """Runs mainsql to its end, which must be a good one; all that it said."""
        with self.start(*arguments, folder=folder, environment=environment) as run:
            assert run.wait() == 0, run.text
            return run.text
