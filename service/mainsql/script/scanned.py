"""What a scanner finds, and what it has collected so far."""

from enum import Enum, auto
from typing import NamedTuple

from mainsql.model import Anchor


class Found(Enum):
    """What made the scanner stop."""

    SEMICOLON = auto()
    JOIN = auto()
    r"""A ``\;``: the statement ends, but psql would send it together with what follows."""
    BACKSLASH = auto()
    END = auto()


class Unterminated(Exception):
    """A quote, comment or parenthesis is not closed. ``offset`` is where it opens in the file."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what)
        self.what = what
        self.offset = offset


class Pending(NamedTuple):
    """A statement as far as it has been collected. (A tuple: a frozen dataclass takes twice as long.)

    ``start`` is the offset in the file of its first token, ``blank`` says that there is none yet:
    nothing but comments.
    """

    text: str
    start: int
    anchors: tuple[Anchor, ...]
    blank: bool


class Mark(NamedTuple):
    """How far a statement had been collected."""

    pieces: int
    first_token: int | None
    depth: int
    begin_depth: int
    words: int
