"""What a statement that runs outside a transaction is about, so that it can be told what came of it."""

from dataclasses import dataclass
from enum import StrEnum

Name = tuple[str, ...]
"""With its schema, where that is said; unquoted."""


@dataclass(frozen=True, slots=True)
class BuildsIndex:
    """CREATE INDEX CONCURRENTLY: broken off, it leaves an INVALID index of this ``name`` on the table."""

    name: str
    table: Name


@dataclass(frozen=True, slots=True)
class DropsIndex:
    """DROP INDEX CONCURRENTLY: broken off, it may leave the index INVALID."""

    index: Name


class Reach(StrEnum):
    """What a REINDEX is about."""

    INDEX = "index"
    TABLE = "table"
    SCHEMA = "schema"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class RebuildsIndexes:
    """REINDEX CONCURRENTLY: broken off, it leaves INVALID indexes whose names end in _ccnew or _ccold."""

    reach: Reach
    name: Name


@dataclass(frozen=True, slots=True)
class Detaches:
    """DETACH PARTITION CONCURRENTLY: broken off, it may leave the partition half detached."""

    table: Name
    partition: Name


class Kind(StrEnum):
    """What there is of the whole server, or of the database but without a schema, with a name."""

    DATABASE = "database"
    TABLESPACE = "tablespace"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Makes:
    """CREATE of something that is there or not: done when it is."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Removes:
    """DROP of something that is there or not: done when it is not."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Repeats:
    """It can simply run again, and there is nothing to take back of it: VACUUM and the like."""


@dataclass(frozen=True, slots=True)
class Configures:
    """ALTER SYSTEM, ALTER DATABASE … SET TABLESPACE, ALTER SUBSCRIPTION: it can simply run again."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody can tell from outside whether it is done: CALL, DO, or what the grammar does not know."""


Undertaking = (
    BuildsIndex | DropsIndex | RebuildsIndexes | Detaches | Makes | Removes | Repeats | Configures | Unclear
)


def is_watched(about: Undertaking) -> bool:
    """Whether what it does to the catalogs is looked at, so that its undo can be derived."""
    return isinstance(about, (BuildsIndex, DropsIndex))


def is_server_wide(about: Undertaking) -> bool:
    """Whether it is about more than the database that it runs in."""
    return isinstance(about, (Makes, Removes, Configures))
