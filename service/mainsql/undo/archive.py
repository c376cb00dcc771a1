"""Where the rows are kept that a version takes away, so that its undo can put them back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mainsql.undo import fields, objects
from mainsql.undo.catalog import Entry, Key, Position

FIRST_OID_OF_USERS = 16384


@dataclass(frozen=True, slots=True)
class KeptTable:
    """The rows of a table: the table that they are in (None: there were none), and the columns there.

    Tables are as SQL names them; columns have the same names in both.
    """

    kept_in: str | None
    columns: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class KeptColumn:
    """The values of a column: the table that they are in (None: there were none), under its own name.

    ``row`` are the columns to find each row by, which stand there, too.
    """

    kept_in: str | None
    row: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """What is kept: tables by OID, columns by their key, positions of sequences by OID.

    ``keeps`` is that rows are to be kept at all: what is not in here then cannot be. ``stuck`` are
    columns whose values cannot be cast back to the type that they had, and what the server says.
    """

    tables: Mapping[int, KeptTable] = field(default_factory=dict)
    columns: Mapping[Key, KeptColumn] = field(default_factory=dict)
    sequences: Mapping[int, Position] = field(default_factory=dict)
    keeps: bool = False
    stuck: Mapping[Key, str] = field(default_factory=dict)

    def has(self, key: Key) -> bool:
        """Whether the rows of a table, or the values of a column, are kept."""
        return key in self.columns or (key.catalog == "pg_class" and int(key.id) in self.tables)


NOTHING = Archive()

SCHEMA = "mainsql_archive"
"""The schema of the tables in which rows are kept."""

BECAME = "mainsql_became"
"""The column, beside a kept value, with what the version made of it."""


def table(name: str) -> str:
    """SQL: the archive table of this name."""
    quoted = name.replace('"', '""')
    return f'{SCHEMA}."{quoted}"'


def as_text(column: Entry) -> bool:
    """Whether the values of a column are kept as text: an archive must not need what users made."""
    return any(fields.number(column, each) >= FIRST_OID_OF_USERS for each in ("atttypid", "attcollation"))


def value(column: Entry, of: str = "") -> str:
    """SQL: a value of a column as it is kept; ``of`` is what stands for its row."""
    name = f"{of}.{objects.column_name(column)}" if of else objects.column_name(column)
    return f'({name}::pg_catalog.text COLLATE pg_catalog."default")' if as_text(column) else name


def rows(relation: Entry, columns: Iterable[Entry]) -> str:
    """SQL: the rows of a table, of these columns, as they are kept."""
    listed = ", ".join(f"{value(each)} AS {objects.column_name(each)}" for each in columns)
    return f"SELECT {listed} FROM ONLY {relation.identity}"


def restored(column: Entry, kept: str) -> str:
    """SQL: ``kept``, which is a value as it is kept, as it was in its column."""
    return f"{kept}::{column.definition}" if as_text(column) else kept
