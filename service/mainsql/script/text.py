"""The text of a script as its scanner reads it: all of it at once, or as much as is needed of a large one."""

import io
import re
from bisect import bisect_right
from typing import BinaryIO, cast

from mainsql.errors import Place
from mainsql.model import Gap, Stored
from mainsql.script.decoding import decode
from mainsql.script.rows import Passing, Rows

_END_OF_DATA = re.compile(r"\\\.\r?(?:\n|\Z)")
_PIECE = 4 * 1024 * 1024
_KEPT = 64 * 1024
_FIRST_LETTERS = 2048  # as long as that, counting line breaks is faster than listing them


class Text:
    """A text that is there in full."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._newlines: list[int] | None = None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The rows that were left out of ``text``."""
        return ()

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column in the file, both from 1, of an offset in ``text``."""
        if self._newlines is None and offset < _FIRST_LETTERS:
            line_start = self.text.rfind("\n", 0, offset) + 1
            return self.text.count("\n", 0, line_start) + 1, offset - line_start + 1
        if self._newlines is None:
            self._newlines = [match.start() for match in re.finditer("\n", self.text)]
        before = bisect_right(self._newlines, offset - 1)
        start = self._newlines[before - 1] + 1 if before else 0
        return before + 1, offset - start + 1

    def grow(self) -> bool:
        """Adds to the end of ``text``; False when there is no more."""
        return False

    def copy_data(self, position: int) -> tuple[str | Stored, int]:
        r"""The COPY data from there up to ``\.`` or the end of the file, and where it goes on."""
        end, after = _end_of_data(self.text, position) or (len(self.text), len(self.text))
        return self.text[position:end], after


class LargeText(Text):
    """A text that is read piece by piece; large COPY data stays where it is, and is left out.

    A piece ends with a line: no token goes on behind it but what may hold any line (a quote, a
    comment), and white space, which may come in parts.
    ``piece`` is how many bytes are read at once, ``kept`` how many bytes of rows may stay in the text.
    Raises ScriptError, with a place in the file that ``place`` names, for what is no script.
    """

    def __init__(self, stored: Stored, place: Place, *, piece: int = _PIECE, kept: int = _KEPT) -> None:
        super().__init__("")
        self._place = place
        self._kept = kept
        self._pieces = _Pieces(stored.open(), piece)
        self._sections = Sections(stored)
        self._gaps: list[Gap] = []
        self._newlines = []
        self._piece_at, self._byte_at = 0, 0  # the same place in ``text`` and in the file
        self.grow()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(self._gaps)

    def position(self, offset: int) -> tuple[int, int]:
        line, column = super().position(offset)
        return line + sum(gap.lines for gap in self._gaps if gap.line < line), column

    def grow(self) -> bool:
        self._byte_at += len(self.text[self._piece_at :].encode())
        self._piece_at = len(self.text)
        piece = self._pieces.take()
        if not piece:
            return False
        self._add(piece)
        return True

    def _add(self, piece: bytes) -> None:
        """Appends bytes of the file that begin at ``_byte_at``."""
        line, _ = self.position(len(self.text))
        text = decode(piece, self._place, line=line, first=self._byte_at == 0)
        if self._byte_at == 0:
            self._byte_at = len(piece) - len(text.encode())  # a byte order mark
        at = len(self.text)
        self._newlines_so_far.extend(at + match.start() for match in re.finditer("\n", text))
        self.text += text

    @property
    def _newlines_so_far(self) -> list[int]:
        assert self._newlines is not None
        return self._newlines

    def copy_data(self, position: int) -> tuple[str | Stored, int]:
        begin = self._byte_at + len(self.text[self._piece_at : position].encode())
        here = _end_of_data(self.text, position)
        if here is not None and here[0] - position <= self._kept:
            return self.text[position : here[0]], here[1]
        line, _ = super().position(position)
        end, after = here or (len(self.text), len(self.text))
        rows = Rows()
        rows.add(self.text[position:end].encode())
        ending, rest = self.text[end:after].encode(), self.text[after:].encode()
        del self._newlines_so_far[bisect_right(self._newlines_so_far, position - 1) :]
        self.text = self.text[:position]
        if here is None:
            ending = self._pieces.pass_over(rows)
        self._gaps.append(Gap(line - 1, rows.newlines + (1 if ending else 0)))
        self._piece_at = position
        self._byte_at = begin + rows.size + len(ending)
        if rest:
            self._add(rest)
        return self._sections.section(begin, rows.size, rows.digest()), position


def _end_of_data(text: str, position: int) -> tuple[int, int] | None:
    r"""From where to where the first line goes that is ``\.``"""
    # A single character is found ten times as fast as two, and often there is none; a pattern with ^
    # would be tried at every line.
    start = text.find("\\", position)
    start = start if start < 0 else text.find("\\.", start)
    while start >= 0:
        begins_line = start == position or text[start - 1] == "\n"
        if begins_line and (match := _END_OF_DATA.match(text, start)):
            return match.span()
        start = text.find("\\.", start + 1)
    return None


class _Pieces:
    """Divides a stream at line breaks."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._rest = b""
        self._over = False

    def take(self) -> bytes:
        """The next piece; empty at the end."""
        piece, self._rest = self._rest, b""
        while more := self._read(self._size):
            piece += more
            if cut := piece.rfind(b"\n") + 1:
                self._rest = piece[cut:]
                return piece[:cut]
        return piece

    def pass_over(self, rows: Rows) -> bytes:
        r"""Adds what follows to ``rows``, up to the line ``\.``, which comes back, or to the end."""
        passing = Passing(rows)
        found = passing.add(self._rest, last=False)
        while found is None:
            # No more than stays in the processor's cache while it is searched, counted and digested.
            more = self._read(min(self._size, _BUFFER))
            found = passing.add(more, last=not more)
        ending, self._rest = found
        return ending

    def _read(self, size: int) -> bytes:
        more = b"" if self._over else self._stream.read(size)
        if not more and not self._over:
            self._over = True
            self._stream.close()
        return more


class Sections:
    """Parts of a stored file, read in any order, and without going back where they are read in theirs."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._stream: BinaryIO | None = None
        self._at = 0
        self._last = 0

    def section(self, begin: int, size: int, digest: str) -> Stored:
        """A part of the file as something stored itself."""
        self._last = max(self._last, begin + size)
        return Stored(size, digest, lambda: cast("BinaryIO", _Section(self, begin, size)))

    def read(self, at: int, size: int) -> bytes:
        """Bytes of the file from an offset on, at most ``size`` of them."""
        if self._stream is None or self._at > at:
            self.close()
            self._stream, self._at = self._stored.open(), 0
        while self._at < at:
            skipped = self._stream.read(min(at - self._at, _BUFFER))
            if not skipped:
                break
            self._at += len(skipped)
        found = self._stream.read(size)
        self._at += len(found)
        if self._at >= self._last:
            self.close()
        return found

    def close(self) -> None:
        """Closes the file, if it is open."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


_BUFFER = 256 * 1024


class _Section(io.RawIOBase):
    def __init__(self, sections: Sections, begin: int, size: int) -> None:
        super().__init__()
        self._sections = sections
        self._at = begin
        self._end = begin + size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._at
        if not left:
            return b""  # the file may be closed already
        found = self._sections.read(self._at, left if size < 0 else min(size, left))
        self._at += len(found)
        return found
