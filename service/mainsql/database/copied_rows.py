"""Rows of one of mainsql's own tables as COPY takes them in: one may hold a script of many megabytes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from io import RawIOBase
from itertools import chain

Cell = str | int | timedelta | Sequence[str] | Iterator[str] | None
"""A sequence is an array; what an iterator gives are the pieces of a text."""

_PIECE = 64 * 1024


class CopiedRows(RawIOBase):
    """A stream in COPY's text format: PostgreSQL's manual has it under COPY, "File Formats".

    The rows are asked for as they are read, and no more of them is in memory than the one in hand.
    """

    def __init__(self, rows: Iterable[Sequence[Cell]]) -> None:
        super().__init__()
        self._pieces = chain.from_iterable(map(_line, rows))
        self._rest = ""

    def readable(self) -> bool:
        return True

    def read(self, size: int = _PIECE) -> bytes:
        """At most ``size`` bytes; none at the end."""
        most = size // 4  # characters of UTF-8
        found, length = [self._rest], len(self._rest)
        while length < most and (piece := next(self._pieces, None)) is not None:
            found.append(piece)
            length += len(piece)
        text = "".join(found)
        self._rest = text[most:]
        return text[:most].encode()


def _line(row: Sequence[Cell]) -> Iterator[str]:
    for number, cell in enumerate(row):
        if number:
            yield "\t"
        yield from _pieces(cell)
    yield "\n"


def _pieces(cell: Cell) -> Iterator[str]:
    match cell:
        case None:
            yield "\\N"
        case str():
            for start in range(0, len(cell), _PIECE):
                yield _escaped(cell[start : start + _PIECE])
        case int():
            yield str(cell)
        case timedelta():
            # Before 15, no number of an interval is larger than an integer.
            yield f"{cell.days} days {cell.seconds}.{cell.microseconds:06} seconds"
        case Iterator():
            yield from map(_escaped, cell)
        case _:
            yield "{"
            for number, element in enumerate(cell):
                quoted = element.replace("\\", "\\\\").replace('"', '\\"')
                yield _escaped(f',"{quoted}"' if number else f'"{quoted}"')
            yield "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
