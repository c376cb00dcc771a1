"""Keeps exported revisions in a folder: each whole or not at all, the oldest of many gone."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KEPT = 16
"""As many exports are kept."""
MOST_BYTES = 2 * 1024 * 1024 * 1024
"""Exports that are larger together are fewer."""

_LEAST = 2
_LISTING, _SIZE, _FILES = "listing.json", "size", "files"
_LEFT = 6 * 3600.0  # seconds after which what is half made or half removed has nobody
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file must have when it is read: its size in bytes, and the SHA-256 of its contents."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Export:
    """An exported revision: its files below ``folder``, where its links lead to, and its externals.

    An external is a path at which ``svn checkout`` would put something from elsewhere.
    """

    folder: Path
    regular: Mapping[str, Stamp]
    links: Mapping[str, str]
    externals: frozenset[str]


class Exports:
    """The exports in a folder. Any number of processes may use one: nothing in it is ever changed.

    What is made has a name of its own until it is whole; what is removed gets one first. A machine
    that crashes may still lose what was in a file: ``Stamp`` tells.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Export | None:
        """The export with this key, which counts as used now; None where there is none that is whole."""
        place = self._folder / key
        try:
            listing = json.loads((place / _LISTING).read_bytes())
            os.utime(place)
        except (FileNotFoundError, ValueError):
            return None
        stamps = {path: Stamp(size, digest) for path, (size, digest) in listing["regular"].items()}
        return Export(place / _FILES, stamps, listing["links"], frozenset(listing["externals"]))

    def make(self, key: str, fill: Callable[[Path], frozenset[str]]) -> Export:
        """A new export with this key: ``fill`` puts the files into a folder, and tells the externals.

        Raises OSError where it cannot be written, and whatever ``fill`` raises.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        try:
            externals = fill(new / _FILES)
            made = _listed(new / _FILES, externals)
            size = sum(stamp.size for stamp in made.regular.values())
            (new / _SIZE).write_text(str(size))
            (new / _LISTING).write_text(
                json.dumps(
                    {
                        "regular": {path: (stamp.size, stamp.digest) for path, stamp in made.regular.items()},
                        "links": dict(made.links),
                        "externals": sorted(made.externals),
                    }
                )
            )
            if (self._folder / key).exists():  # and is not whole, or was damaged
                self.remove(key)
            with suppress(OSError):  # somebody else was faster
                new.rename(self._folder / key)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        self._prune()
        return Export(self._folder / key / _FILES, made.regular, made.links, made.externals)

    def remove(self, key: str) -> None:
        """Takes an export away, if it is there."""
        gone = Path(tempfile.mkdtemp(prefix=".gone-", dir=self._folder))
        with suppress(OSError):
            (self._folder / key).rename(gone / key)
        shutil.rmtree(gone, ignore_errors=True)

    def _prune(self) -> None:
        kept: list[tuple[float, int, str]] = []
        for place in self._folder.iterdir():
            with suppress(OSError, ValueError):  # somebody else removes it just now
                used = place.stat().st_mtime
                if not place.name.startswith("."):
                    kept.append((used, int((place / _SIZE).read_text()), place.name))
                elif time.time() - used > _LEFT:
                    shutil.rmtree(place, ignore_errors=True)
        total = 0
        for number, (_, size, key) in enumerate(sorted(kept, reverse=True), 1):
            total += size
            if number > _LEAST and (number > KEPT or total > MOST_BYTES):
                self.remove(key)


def _listed(folder: Path, externals: frozenset[str]) -> Export:
    """What is in a folder. No link is followed."""
    regular: dict[str, Stamp] = {}
    links: dict[str, str] = {}
    ahead = [("", os.fspath(folder))]
    while ahead:
        above, place = ahead.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                path = above + _text(entry.name)
                if entry.is_symlink():
                    links[path] = _text(os.fspath(Path(entry.path).readlink()))
                elif entry.is_dir():
                    ahead.append((f"{path}/", entry.path))
                else:
                    regular[path] = _stamp(entry.path)
    return Export(folder, regular, links, externals)


def _stamp(path: str) -> Stamp:
    size, digest = 0, hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - there may be very many of them
        while piece := file.read(_PIECE):
            size += len(piece)
            digest.update(piece)
    return Stamp(size, digest.hexdigest())


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "surrogateescape")
