"""What a statement does to what is there already: the words for it, without any SQL.

The lock modes are those of the manual's section "Explicit Locking", numbered as PostgreSQL numbers
them. A transaction keeps each lock until it ends, and so does a version.
"""

from dataclasses import dataclass
from enum import IntEnum

Name = tuple[str, ...]
"""The name of a relation, with its schema before it if it was written."""


class Lock(IntEnum):
    """A lock mode for tables, the weakest first."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    def __str__(self) -> str:
        return self.name.replace("_", " ")

    @property
    def blocks(self) -> tuple[str, ...]:
        """What others cannot do meanwhile; empty where both reading and writing go on."""
        if self is Lock.ACCESS_EXCLUSIVE:
            return "reads", "writes"
        return ("writes",) if self >= Lock.SHARE else ()


class Work(IntEnum):
    """What a statement does to all rows of a table while it holds the lock; the cheapest first."""

    NONE = 0
    MAY_SCAN = 1
    SCANS = 2
    MAY_REWRITE = 3
    REWRITES = 4

    def __str__(self) -> str:
        return "" if self is Work.NONE else self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Touch:
    """A lock that a statement takes on a relation, and what it does to the rows.

    ``which`` says what is locked where the text names only something near it, with ``{}`` for that
    name; ``along`` is what is locked in the same mode, and not named at all.
    """

    relation: Name
    lock: Lock
    work: Work = Work.NONE
    which: str = "{}"
    along: str | None = None

    @property
    def label(self) -> str:
        """How people read what is locked, without ``along``."""
        return self.which.replace("{}", ".".join(self.relation))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that a statement takes away: those of a table, or the values of its ``column``.

    ``changes`` is that the column stays, with another type.
    """

    table: Name
    column: str | None = None
    changes: bool = False


@dataclass(frozen=True, slots=True)
class RowsOfSchema:
    """The rows of all tables in a schema."""

    schema: str


@dataclass(frozen=True, slots=True)
class Harm:
    """Something that a statement takes away, as a phrase: ``drops table orders``.

    ``relation`` is the table or its like that it is taken from, ``code`` is what may be put back by
    a CREATE behind it, as a kind and a name, ``rows`` what goes with it.
    """

    what: str
    relation: Name | None = None
    code: tuple[str, ...] | None = None
    rows: Rows | RowsOfSchema | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What one statement does to what is there.

    ``creates`` are relations that are new for certain, ``replaces`` is one that may be there already;
    ``drops`` and ``renames`` (from, to) are names that are gone behind it. ``code`` is what it puts in
    place, as a kind and a name. ``search_path`` is what it sets (empty: to nothing), None where it does
    not. ``opaque`` says why the text does not tell what it does.
    """

    touches: tuple[Touch, ...] = ()
    harms: tuple[Harm, ...] = ()
    creates: tuple[Name, ...] = ()
    replaces: Name | None = None
    drops: tuple[Name, ...] = ()
    renames: tuple[tuple[Name, Name], ...] = ()
    code: tuple[str, ...] | None = None
    search_path: tuple[str, ...] | None = None
    opaque: str | None = None
