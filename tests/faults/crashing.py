"""A server whose processes are all killed -9 at once, as by a power cut, and which is started again."""

import contextlib
import os
import select
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from mainsql.database.embedded import EmbeddedServer, embedded_server

_PATIENCE = 60.0
# What the server has said is committed stays: the machine itself goes on, so nothing need be flushed.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "autovacuum": "off",
    "shared_buffers": "32MB",
}


@dataclass(frozen=True, slots=True)
class CrashingServer:
    """A server of its own in ``folder``."""

    folder: Path
    server: EmbeddedServer

    def crash(self) -> None:
        """Kills it, and starts it again: it recovers, and takes connections, when this returns."""
        postmaster = psutil.Process(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]))
        postmaster.suspend()  # else it would see its children die, and do something about it
        _kill([*postmaster.children(recursive=True), postmaster])
        with embedded_server(self.folder, settings=_SETTINGS) as again:
            assert again == self.server


def _kill(processes: Sequence[psutil.Process]) -> None:
    """Kills them, and waits until they are dead; whoever has them now may bury them later."""
    with contextlib.ExitStack() as stack:
        ends = []
        for process in processes:
            ends.append(os.pidfd_open(process.pid))
            stack.callback(os.close, ends[-1])
        for process in processes:
            process.kill()
        for end in ends:
            readable, _, _ = select.select([end], [], [], _PATIENCE)
            assert readable, "a process outlives kill -9"


@contextlib.contextmanager
def crashing_server(folder: Path, version: int) -> Iterator[CrashingServer]:
    """A new one of that major version; stopped at the end."""
    with embedded_server(folder, version=version, settings=_SETTINGS) as server:
        yield CrashingServer(folder, server)
