"""The text of a script as its scanner reads it: all of it at once, or as much as is needed of a large one."""

import hashlib
import io
import re
from bisect import bisect_right
from typing import AnyStr, BinaryIO, cast

from mainsql.errors import Place
from mainsql.model import Gap, Stored
from mainsql.script.decoding import decode

_END_OF_DATA = "\\.", re.compile(r"\\\.\r?(?:\n|\Z)")
_END_OF_BYTES = b"\\.", re.compile(rb"\\\.\r?(?:\n|\Z)")
_LINE_THAT_BEGINS_AT_ONCE = re.compile(rb"\n(?=[^ \t\n\r\f\v])")
_PIECE = 4 * 1024 * 1024
_KEPT = 64 * 1024
_LETTERS_BACK = 4096
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
        end, after = _end_of_data(self.text, position, *_END_OF_DATA) or (len(self.text), len(self.text))
        return self.text[position:end], after


class LargeText(Text):
    """A text that is read piece by piece; large COPY data stays where it is, and is left out.

    A piece ends where no token goes on behind it but what may hold any line (a quote, a comment).
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
        here = _end_of_data(self.text, position, *_END_OF_DATA)
        if here is not None and here[0] - position <= self._kept:
            return self.text[position : here[0]], here[1]
        line, _ = super().position(position)
        rest = self.text[position:].encode()
        del self._newlines_so_far[bisect_right(self._newlines_so_far, position - 1) :]
        self.text = self.text[:position]
        rows = _Rows()
        while (found := _end_of_data(rest, 0, *_END_OF_BYTES)) is None:
            rows.add(rest)
            if not (rest := self._pieces.take()):
                break
        end, after = found or (len(rest), len(rest))
        rows.add(rest[:end])
        lines = rows.newlines + (1 if found else 0)
        self._gaps.append(Gap(line - 1, lines))
        self._piece_at = position
        self._byte_at = begin + rows.size + after - end
        if rest[after:]:
            self._add(rest[after:])
        return self._sections.section(begin, rows.size, rows.digest()), position


def _end_of_data(
    text: AnyStr, position: int, backslash: AnyStr, pattern: "re.Pattern[AnyStr]"
) -> tuple[int, int] | None:
    r"""From where to where the first line goes that is ``\.``"""
    # A single character is found ten times as fast as two, and often there is none; a pattern with ^
    # would be tried at every line.
    start = text.find(backslash[:1], position)
    start = start if start < 0 else text.find(backslash, start)
    while start >= 0:
        begins_line = start == position or text[start - 1] in ("\n", 10)
        if begins_line and (match := pattern.match(text, start)):
            return match.span()
        start = text.find(backslash, start + 1)
    return None


class _Rows:
    """What passes by of COPY data: how much it is, and its digest."""

    def __init__(self) -> None:
        self.size = 0
        self.newlines = 0
        self._hasher = hashlib.sha256()
        self._last = b""
        self._line_break = b"\n"

    def add(self, rows: bytes) -> None:
        if rows:
            self.size += len(rows)
            if self.newlines == 0:
                self._line_break = b"\r\n" if ends_in_crlf(rows) else b"\n"
            self.newlines += rows.count(b"\n")
            self._last = rows[-1:]
            self._hasher.update(rows)

    def digest(self) -> str:
        """The digest; whether the last line has its line break makes no difference."""
        if self.size and self._last != b"\n":
            self._hasher.update(self._line_break)
        return self._hasher.hexdigest()


def ends_in_crlf(rows: str | bytes) -> bool:
    """Whether the first of the rows ends in CRLF, and so a last one that has no line break should."""
    end = rows.find("\n") if isinstance(rows, str) else rows.find(b"\n")
    return end > 0 and rows[end - 1] in ("\r", 13)


def rows_digest(rows: str | Stored) -> str:
    """The digest (SHA-256, hexadecimal) of COPY data; one last line break more or less is the same."""
    if isinstance(rows, Stored):
        return rows.digest
    passing = _Rows()
    passing.add(rows.encode("utf-8", "surrogatepass"))
    return passing.digest()


class _Pieces:
    """Divides a stream at line breaks behind which the next line begins at once, without white space."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._rest = b""
        self._over = False

    def take(self) -> bytes:
        """The next piece; empty at the end."""
        piece = self._rest
        while not self._over:
            more = self._stream.read(self._size)
            if not more:
                self._over = True
                self._stream.close()
                break
            piece += more
            cut = _last_cut(piece)
            if cut:
                self._rest = piece[cut:]
                return piece[:cut]
        self._rest = b""
        return piece


def _last_cut(piece: bytes) -> int:
    for back in (_LETTERS_BACK, len(piece)):
        begin = max(len(piece) - back, 0)
        cut = 0
        for match in _LINE_THAT_BEGINS_AT_ONCE.finditer(piece, begin):
            cut = match.end()
        if cut:
            return cut
    return 0


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
