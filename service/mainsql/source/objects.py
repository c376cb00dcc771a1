"""Reads git's objects through one process that stays, instead of one process each."""

import subprocess
import threading
from collections.abc import Sequence
from typing import IO, BinaryIO, cast
from weakref import WeakSet

from mainsql.model import Stored
from mainsql.source.children import end, interrupt
from mainsql.source.gitprogram import GitProgram
from mainsql.source.streams import ObjectStream, unreadable

LARGE = 8 * 1024 * 1024
"""Objects of more bytes are not held in memory."""

MOST_AHEAD = 256
"""Objects that are read ahead at once. Their ids must fit into a pipe while nobody reads it."""

_MOST_AHEAD_BYTES = 4 * 1024 * 1024


class ObjectReader:
    """One ``git cat-file --batch``, started when it is needed. Safe to use from several threads.

    To ask for one object after the other takes a turn of both processes for each. So it asks for some
    ahead, and for more each time that those were really read: a guess that is wrong costs little, also
    in a ``partial`` mirror, which would have to fetch them.
    """

    def __init__(self, git: GitProgram, *, partial: bool = False) -> None:
        self._git = git
        self._partial = partial
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._streams: WeakSet[ObjectStream] = WeakSet()
        self._ahead: dict[str, bytes] = {}
        self._number_ahead = 0

    def read(self, object_id: str, following: Sequence[str] = ()) -> bytes | Stored:
        """The contents of the object with this full id, stored if it is large.

        ``following`` are those that may well be asked for next. Raises SourceError when it is not there,
        SourceUnavailable when a partial mirror cannot bring it now.
        """
        with self._lock:
            if (known := self._ahead.pop(object_id, None)) is not None:
                return known
            guesses = self._guesses(object_id, following)
            # One that has run for long may have died, or look at a repository since replaced.
            contents = self._ask(object_id, guesses) if self._process else None
            if contents is None:
                self._end()
                contents = self._ask(object_id)
            if contents is None:
                self._end()
                raise unreadable(object_id, partial=self._partial)
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

    def _guesses(self, object_id: str, following: Sequence[str]) -> list[str]:
        """Which objects to ask for ahead: twice as many as last time, if hardly one was left over."""
        missed = len(self._ahead) * 4 > self._number_ahead
        number = 1 if missed else min(2 * max(self._number_ahead, 1), MOST_AHEAD)
        guesses = [each for each in dict.fromkeys(following[:number]) if each != object_id]
        self._ahead, self._number_ahead = {}, len(guesses)
        return guesses

    def _ask(self, object_id: str, ahead: Sequence[str] = ()) -> bytes | Stored | None:
        """The answer, as git-cat-file(1) describes it under BATCH OUTPUT; None where there is none.

        What it answers for those ``ahead`` is kept, as far as it is there and small.
        """
        process = self._process = self._process or self._git.start("cat-file", "--batch")
        if process.stdin is None or process.stdout is None:
            raise AssertionError("git cat-file was started without pipes")
        try:
            process.stdin.write("".join(f"{each}\n" for each in (object_id, *ahead)).encode("ascii"))
            process.stdin.flush()
            contents = self._answer(process.stdout, object_id)
            if contents is not None:
                self._keep(process.stdout, ahead)
        except BrokenPipeError:
            return None
        except BaseException:
            self._end()  # half an answer left in the pipe would be taken for the next one
            raise
        else:
            return contents

    def _keep(self, output: IO[bytes], ahead: Sequence[str]) -> None:
        kept = 0
        for object_id in ahead:
            if kept > _MOST_AHEAD_BYTES:
                self._end()
            if self._process is None:
                return
            if isinstance(found := self._answer(output, object_id), bytes):
                self._ahead[object_id] = found
                kept += len(found)

    def _answer(self, output: IO[bytes], object_id: str) -> bytes | Stored | None:
        answer = output.readline().split()
        if len(answer) != 3 or answer[0].decode("ascii", "replace") != object_id:
            return None
        size = int(answer[2])
        if size > LARGE:
            self._end()  # rather than reading what is in its pipe now
            return Stored(size, object_id, lambda: self._open(object_id, size))
        contents = output.read(size + 1)
        return contents[:size] if len(contents) == size + 1 else None

    def _open(self, object_id: str, size: int) -> BinaryIO:
        stream = ObjectStream(self._git, object_id, size, partial=self._partial)
        self._streams.add(stream)
        return cast("BinaryIO", stream)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            end(process)
