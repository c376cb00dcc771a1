"""Reads git's objects through one process that stays, instead of one process each."""

import subprocess
import threading
from io import BufferedReader
from typing import BinaryIO
from weakref import WeakSet

from mainsql.errors import SourceError
from mainsql.model import Stored
from mainsql.source.gitprogram import GitProgram, end, interrupt
from mainsql.source.streams import ObjectStream

LARGE = 8 * 1024 * 1024
"""Objects of more bytes are not held in memory."""

_BUFFER = 1024 * 1024
_BROKEN = "look with `git fsck`; in a shallow or partial clone, fetch what is missing"


class ObjectReader:
    """One ``git cat-file --batch``, started when it is needed. Safe to use from several threads."""

    def __init__(self, git: GitProgram) -> None:
        self._git = git
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._streams: WeakSet[ObjectStream] = WeakSet()

    def read(self, object_id: str) -> bytes | Stored:
        """The contents of the object with this full id, stored if it is large.

        Raises SourceError when it is not there.
        """
        with self._lock:
            # One that has run for long may have died, or look at a repository since replaced.
            contents = self._ask(object_id) if self._process else None
            if contents is None:
                self._end()
                contents = self._ask(object_id)
            if contents is None:
                self._end()
                raise SourceError(f"git cannot read its object {object_id}", hint=_BROKEN)
            return contents

    def close(self) -> None:
        """Ends the process, also one that waits for what a partial clone fetches only now."""
        while not self._lock.acquire(timeout=0.1):
            if process := self._process:
                interrupt(process)
        try:
            self._end()
            for stream in list(self._streams):
                stream.close()
        finally:
            self._lock.release()

    def _ask(self, object_id: str) -> bytes | Stored | None:
        """The answer, as git-cat-file(1) describes it under BATCH OUTPUT; None where there is none."""
        process = self._process = self._process or self._git.start("cat-file", "--batch")
        if process.stdin is None or process.stdout is None:
            raise AssertionError("git cat-file was started without pipes")
        try:
            process.stdin.write(f"{object_id}\n".encode("ascii"))
            process.stdin.flush()
            answer = process.stdout.readline().split()
            if len(answer) != 3 or answer[0].decode("ascii", "replace") != object_id:
                return None
            size = int(answer[2])
            if size > LARGE:
                self._end()  # rather than reading what is in its pipe now
                return Stored(size, object_id, lambda: self._open(object_id, size))
            contents = process.stdout.read(size + 1)
            return contents[:size] if len(contents) == size + 1 else None
        except BrokenPipeError:
            return None
        except BaseException:
            self._end()  # half an answer left in the pipe would be taken for the next one
            raise

    def _open(self, object_id: str, size: int) -> BinaryIO:
        stream = ObjectStream(self._git, object_id, size)
        self._streams.add(stream)
        return BufferedReader(stream, _BUFFER)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            end(process)
