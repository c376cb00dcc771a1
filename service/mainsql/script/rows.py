r"""The rows of a COPY as bytes that pass by: where they end, how many they are, and their digest."""

import hashlib
import re

from mainsql.model import Stored

END_OF_DATA = re.compile(rb"\n\\\.\r?(?:\n|\Z)")
_LONGEST_END = len(b"\n\\.\r\n")


class Rows:
    """What is known of rows that were added, and are not kept: ``size`` (bytes) and ``newlines``."""

    def __init__(self) -> None:
        self.size = 0
        self.newlines = 0
        self._hasher = hashlib.sha256()
        self._last = b""
        self._line_break = b"\n"

    def add(self, content: bytes, begin: int = 0, end: int | None = None) -> None:
        """Adds the bytes from ``begin`` to ``end``."""
        end = len(content) if end is None else end
        if begin >= end:
            return
        if self.newlines == 0:
            first = content.find(b"\n", begin, end)
            before = content[first - 1 : first] if first > begin else self._last
            self._line_break = b"\r\n" if first >= 0 and before == b"\r" else b"\n"
        self.size += end - begin
        self.newlines += content.count(b"\n", begin, end)
        self._last = content[end - 1 : end]
        self._hasher.update(memoryview(content)[begin:end])

    def digest(self) -> str:
        """The digest; whether the last line has its line break makes no difference."""
        if self.size and self._last != b"\n":
            self._hasher.update(self._line_break)
        return self._hasher.hexdigest()


class Passing:
    r"""Adds rows to ``rows`` as they are read, up to the line ``\.``. They begin a line.

    What may yet become that line is kept back, together with the line break before it.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._kept = b"\n"
        self._added = 1  # so much of what is kept is in the rows already, or not of them

    def add(self, more: bytes, *, last: bool) -> tuple[bytes, bytes] | None:
        r"""Adds what comes next; None when the rows go on.

        At their end that line, and what follows it. The end of the file, with its ``last`` bytes, is
        an end without that line.
        """
        window, begin = self._kept + more, self._added
        # Backwards Python finds it twice as fast as forwards, and almost always there is none.
        found = END_OF_DATA.search(window) if window.rfind(b"\n\\.") >= 0 else None
        if found and (last or found[0].endswith(b"\n")):
            self._rows.add(window, begin, found.start() + 1)
            return window[found.start() + 1 : found.end()], window[found.end() :]
        if last:
            self._rows.add(window, begin)
            return b"", b""
        keep = max(len(window) - _LONGEST_END + 1, 0)
        self._rows.add(window, begin, keep)
        self._kept, self._added = window[keep:], max(begin - keep, 0)
        return None


def ends_in_crlf(rows: str) -> bool:
    """Whether the first of the rows ends in CRLF, and so a last one that has no line break should."""
    end = rows.find("\n")
    return end > 0 and rows[end - 1] == "\r"


def rows_digest(rows: str | Stored) -> str:
    """The digest (SHA-256, hexadecimal) of COPY data; one last line break more or less is the same."""
    if isinstance(rows, Stored):
        return rows.digest
    passing = Rows()
    passing.add(rows.encode("utf-8", "surrogatepass"))
    return passing.digest()
