"""The rows that versions took away, and that are kept so that their undo can put them back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class KeptKind(StrEnum):
    """What the rows of an archive were in."""

    TABLE = "table"
    COLUMN = "column"

    @property
    def holds(self) -> str:
        """``rows of``, ``values of column``: what is kept, in words."""
        return "rows of" if self is KeptKind.TABLE else "values of column"


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that a version took away and that are kept: those of a table, or the values of a column.

    ``identity`` is what they were in, as SQL has it; ``table`` is the name of the table in the schema
    mainsql_archive that they are in now, with so many ``rows`` and ``bytes``.
    """

    kind: KeptKind
    identity: str
    table: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Foretold:
    """What a plan will take away and keep: about how many ``rows`` (None: not known) and ``bytes``.

    With ``at_most`` it may be less: of a change of type that is kept which a cast back does not give.
    ``why_not`` is why it cannot be kept, where that is so; ``written`` is that the undo is a person's, and
    does not put it back unless it says so itself.
    """

    kind: KeptKind
    identity: str
    rows: int | None
    bytes: int
    at_most: bool = False
    why_not: str | None = None
    written: bool = False

    @property
    def what(self) -> str:
        """What it is, in words."""
        return f"{self.kind.holds} {self.identity}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """When, by whom and why an archive was dropped.

    ``needed`` is that the undo of a version needed it: then it is still there, without its rows, so that
    the undo runs all the same.
    """

    at: datetime
    by: str
    why: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Archived:
    """A row of ``mainsql.archives``: rows that ``version`` of ``tree`` took away, kept ``at``."""

    tree: str
    version: int
    position: int
    kept: Kept
    at: datetime
    dropped: Dropped | None = None

    @property
    def what(self) -> str:
        """What it holds, in words."""
        return f"{self.kept.kind.holds} {self.kept.identity}"


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How old archives may become, and how many bytes those of one tree in one database; None: any."""

    age: timedelta | None = None
    size: int | None = None

    @property
    def given(self) -> bool:
        """Whether there is any limit."""
        return self.age is not None or self.size is not None
