"""How long a process takes, how much memory it needs, and two of them against each other."""

import contextlib
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_OFTEN = 0.02


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds from the start of a process to its end, and the most bytes that it and its children held."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Process:
    """A command with its folder, its environment, and a file (or nothing) as its standard input."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]

    def run(self) -> Usage:
        """Runs it to its end. An AssertionError with what it said when it fails."""
        begun = time.perf_counter()
        with subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            with _Memory(process.pid) as memory:
                said, _ = process.communicate()
            seconds = time.perf_counter() - begun
        assert process.returncode == 0, f"{self.command}: {said.decode(errors='replace')[-2000:]}"
        return Usage(seconds, memory.most)


class _Memory:
    """Looks often at the resident memory of a process and its children. A context manager."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "_Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_OFTEN):
            held = 0
            with contextlib.suppress(psutil.Error):
                for each in (self._process, *self._process.children(recursive=True)):
                    with contextlib.suppress(psutil.Error):
                        held += each.memory_info().rss
            self.most = max(self.most, held)


@dataclass(frozen=True, slots=True)
class Pair:
    """The medians of two sides that ran in turn."""

    ours: Usage
    theirs: Usage

    @property
    def ratio(self) -> float:
        """How many times as long as theirs ours took."""
        return self.ours.seconds / self.theirs.seconds


def in_turn(ours: Callable[[], Usage], theirs: Callable[[], Usage], rounds: int) -> Pair:
    """Runs both sides as often as there are rounds, now one first, now the other."""
    found: tuple[list[Usage], list[Usage]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            found[side].append((ours, theirs)[side]())
    return Pair(*(Usage(_seconds(side), max(usage.memory for usage in side)) for side in found))


def median(action: Callable[[], object], rounds: int, prepare: Callable[[], object] = lambda: None) -> float:
    """The seconds that an action takes, each time after ``prepare``, which does not count."""
    found = []
    for _ in range(rounds):
        prepare()
        begun = time.perf_counter()
        action()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def _seconds(usages: Sequence[Usage]) -> float:
    return statistics.median(usage.seconds for usage in usages)
