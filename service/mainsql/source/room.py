"""Whether it is this machine that has no room for what comes from a repository."""

import re
from pathlib import Path

from mainsql.errors import SourceUnavailable

_SAID = re.compile(
    r"no space left on device|disk quota exceeded|file too large|read-only file system", re.IGNORECASE
)


def no_room(messages: str) -> str | None:
    """What a program or the system said of that, if it did."""
    found = _SAID.search(messages)
    return found.group() if found else None


def out_of_room(what: str, said: str, state: Path) -> SourceUnavailable:
    """The error for ``what`` cannot be written below the folder ``state``; what was begun is gone again."""
    return SourceUnavailable(
        f"{what} cannot be written: {said}",
        hint=f"make room under '{state}'; it is tried again by itself",
    )
