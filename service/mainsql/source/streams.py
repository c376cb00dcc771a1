"""A large object of git's as a stream: read from a process of its own, piece by piece."""

import contextlib
import fcntl
import io
import subprocess

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.source.children import end
from mainsql.source.gitprogram import GitProgram

_PIPE = 1024 * 1024

# Otherwise git maps whole packs, and unpacks what is below 512 MB in one piece.
_CAT = (
    *("-c", "core.packedGitWindowSize=1m", "-c", "core.packedGitLimit=4m"),
    *("-c", "core.bigFileThreshold=1m"),
    *("cat-file", "blob"),
)


class ObjectStream(io.RawIOBase):
    """The contents of the object with this full id, from one ``git cat-file``, which ``close`` ends.

    Reading raises SourceError when git gives less than the ``size`` that it had announced; see ``unreadable``
    for ``partial``.
    """

    def __init__(self, git: GitProgram, object_id: str, size: int, *, partial: bool = False) -> None:
        super().__init__()
        self._object_id = object_id
        self._partial = partial
        self._left = size
        self._process: subprocess.Popen[bytes] | None = git.start(*_CAT, object_id)
        if self._process.stdout is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
            # As much as any user may have on Linux; elsewhere, and over the user's limit, less will do.
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, so many unless it ends before; all that are left without a ``size``."""
        if self._process is None or self._process.stdout is None:
            return b""
        found = self._process.stdout.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(found)
        if not found and self._left and size:
            self.close()
            raise unreadable(f"{self._object_id} to the end", partial=self._partial)
        return found

    def close(self) -> None:
        """Ends the process. Nothing can be read any more."""
        process, self._process = self._process, None
        if process is not None:
            end(process)
        super().close()


def unreadable(which: str, *, partial: bool) -> SourceError:
    """The error for an object that git cannot read; in a ``partial`` mirror it may be read later."""
    message = f"git cannot read its object {which}"
    if partial:
        return SourceUnavailable(
            message, hint="with partial = true it comes when it is read: check the network and the origin"
        )
    return SourceError(
        message, hint="look with `git fsck`; in a shallow or partial clone, fetch what is missing"
    )
