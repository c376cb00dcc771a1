"""The installed program, as a user runs it."""

import contextlib
import copy
import json
import os
import queue
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.gitrepo import ISOLATED

MAINSQL = Path(sys.executable).with_name("mainsql")
PATIENCE = 60.0
"""How many seconds an event may take before the test gives up on it. Nothing waits for it otherwise."""


class Program:
    """Runs mainsql in a folder, with a state folder of its own and nothing of the user's settings."""

    def __init__(self, folder: Path, state: Path, **environment: str) -> None:
        self.folder = folder
        own = ("MAINSQL_", "PG", "GIT_", "COLUMNS", "LINES")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(own)}
        home = state / "home"
        home.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **kept,
            **ISOLATED,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "MAINSQL_STATE": str(state),
            **environment,
        }

    def with_environment(self, **environment: str) -> "Program":
        """The same, with more in its environment."""
        other = copy.copy(self)
        other.environment = {**self.environment, **environment}
        return other

    def run(
        self, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a command to its end."""
        return subprocess.run(
            [str(MAINSQL), *arguments],
            cwd=self.folder,
            env={**self.environment, **(environment or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE,
            check=False,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Starts a command, which runs on."""
        return subprocess.Popen(
            [str(MAINSQL), *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def on_terminal(self, *arguments: str, columns: int = 80) -> str:
        """What a command shows on a terminal of that width, colours and all."""
        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, (50, columns))
        with os.fdopen(ours, "rb", buffering=0) as screen:
            environment = {**self.environment, "TERM": "xterm-256color"}
            process = subprocess.Popen(
                [str(MAINSQL), *arguments], cwd=self.folder, env=environment, stdout=theirs, stderr=theirs
            )
            os.close(theirs)
            shown = b""
            # Linux has no end of file here, but an error.
            with contextlib.suppress(OSError):
                while chunk := screen.read(65536):
                    shown += chunk
            process.wait(PATIENCE)
        return shown.decode().replace("\r\n", "\n")

    def json(self, *arguments: str) -> Any:
        """What a command prints with --json."""
        done = self.run(*arguments, "--json")
        assert done.returncode in (0, 2, 3), done.stderr
        return json.loads(done.stdout)

    def watch(self, *arguments: str, under: Sequence[str] = ()) -> "Watching":
        """Starts the daemon, ``under`` a program that runs it in its own place."""
        return Watching(
            subprocess.Popen(
                [*under, str(MAINSQL), "watch", "--log-format", "json", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )


class Watching:
    """A daemon that runs, and its log, event by event. A context manager: stops it at the end."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Watching":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("{"):
                self._events.put(json.loads(line))
        self._events.put(None)

    def until(self, event: str, **fields: Any) -> dict[str, Any]:
        """The next event of that name with those fields; fails when the program ends before it."""
        while True:
            try:
                found = self._events.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no {event} {fields} in:\n{''.join(self.lines)}") from None
            if found is None:
                raise AssertionError(f"the program ended before {event} {fields}:\n{''.join(self.lines)}")
            if found["event"] == event and fields.items() <= found.items():
                return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends a signal and gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)
