"""The files of one revision of a Subversion repository, read from an export of it."""

import hashlib
import io
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO
from weakref import WeakSet

from mainsql.errors import SourceError
from mainsql.model import Stored
from mainsql.source.exports import Export, Stamp
from mainsql.source.links import follow
from mainsql.source.repository import Files

LARGE = 8 * 1024 * 1024
"""Files of more bytes are not held in memory."""


class SvnFiles:
    """The files of one commit. Where its export has been removed since, ``again`` makes it anew."""

    def __init__(
        self,
        commit_id: str,
        export: Export,
        again: Callable[[], Export],
        streams: "WeakSet[io.BufferedReader]",
    ) -> None:
        self._commit_id = commit_id
        self._export = export
        self._again = again
        self._streams = streams

    def paths(self) -> Collection[str]:
        """The paths of all files and symbolic links."""
        return [*self._export.regular, *self._export.links]

    def edited_since(self, before: Files, among: Collection[str]) -> frozenset[str] | None:
        """The paths ``among`` with other contents than before; None where more than contents differs."""
        if not isinstance(before, SvnFiles) or before._export.links != self._export.links:
            return None
        old, new = before._export.regular, self._export.regular
        if old.keys() != new.keys() or not all(path in new for path in among):
            return None
        return frozenset(path for path in among if old[path] != new[path])

    def read(self, path: str) -> bytes | Stored | None:
        """The contents of a file, through symbolic links; None where the commit has no such file.

        Raises SourceError for a link that leaves the repository or leads back to itself, and for
        what an external would bring.
        """

        def link(here: str) -> str | None:
            if here in self._export.externals:
                raise self._error(path, f"is in the external '{here}', which is not read")
            return self._export.links.get(here)

        regular = self._export.regular
        found = follow(path, regular.__contains__, link, lambda what: self._error(path, what))
        if found is None:
            return None
        stamp = regular[found]
        if stamp.size > LARGE:
            return Stored(stamp.size, stamp.digest, partial(self._open, found, stamp))
        return self._contents(found, stamp)

    def _contents(self, path: str, stamp: Stamp) -> bytes:
        for folder in self._folders():
            try:
                contents = (folder / path).read_bytes()
            except OSError:
                continue
            if hashlib.sha256(contents).hexdigest() == stamp.digest:
                return contents
        raise self._error(path, "cannot be read from its export, nor from a new one")

    def _open(self, path: str, stamp: Stamp) -> BinaryIO:
        for folder in self._folders():
            try:
                stream = (folder / path).open("rb")
            except OSError:
                continue
            if stream.seek(0, io.SEEK_END) == stamp.size:
                stream.seek(0)
                self._streams.add(stream)
                return stream
            stream.close()
        raise self._error(path, "cannot be read from its export, nor from a new one")

    def _folders(self) -> Iterator[Path]:
        """The export's folder, and, when that was of no use, that of a new export."""
        yield self._export.folder
        yield self._again().folder

    def _error(self, path: str, what: str) -> SourceError:
        return SourceError(
            f"'{path}' of commit {self._commit_id} {what}",
            hint="mainsql reads nothing but the files of the commit: put the file itself there",
        )
