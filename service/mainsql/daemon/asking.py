"""Asks the daemons that run in a state folder how they are. Without the reactor: it is for commands."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "daemons"
"""Where in the state folder each daemon has its socket."""

_PATIENCE = 5.0
_YOUNG = 60.0
"""Seconds for which a socket may belong to a daemon that is just about to answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a daemon says of itself, as ``Health.as_plain`` has it; ``said`` None: it does not answer."""

    said: Any

    @property
    def live(self) -> bool:
        """Whether it answers, and says that it lives."""
        return self.said is not None and self.said["live"] is True

    @property
    def ready(self) -> bool:
        """Whether it answers, and says that all that it watches can be reached."""
        return self.said is not None and self.said["ready"] is True


def ask_daemons(state: Path, patience: float = _PATIENCE) -> Sequence[Asked]:
    """What each daemon says that runs with this state folder; ``patience`` is in seconds.

    Those that were killed leave a socket behind, on which nobody listens: they count for nothing.
    Raises PermissionError where they belong to somebody else.
    """
    found = []
    for path in _sockets(state / FOLDER):
        try:
            found.append(Asked(_ask(path, patience)))
        except (ConnectionRefusedError, FileNotFoundError):
            continue
        except PermissionError:
            raise
        except (OSError, ValueError):
            found.append(Asked(None))
    return found


def clear_stale(folder: Path) -> None:
    """Takes away what daemons that were killed left behind."""
    for path in _sockets(folder):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as end:
            if time.time() - path.stat().st_mtime < _YOUNG:
                continue
            end.setblocking(False)  # One that is busy lets wait, and is alive.
            try:
                end.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()


def _sockets(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        yield from sorted(path for path in folder.iterdir() if path.suffix == ".sock")


def _ask(path: Path, patience: float) -> Any:
    until = time.monotonic() + patience
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(patience)
        end.connect(str(path))
        said = b""
        while chunk := end.recv(65536):
            said += chunk
            end.settimeout(max(0.01, until - time.monotonic()))
    return json.loads(said)
