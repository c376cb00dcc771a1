"""Where the rows are kept that a version takes away, so that its undo can put them back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mainsql.undo.catalog import Key, Position


@dataclass(frozen=True, slots=True)
class KeptTable:
    """The rows of a table: the table that they are in, and their columns, all as SQL names them."""

    kept_in: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptColumn:
    """The values of a column, which has the same name there, and the columns to find each row by."""

    kept_in: str
    row: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """What is kept: tables by OID, columns by their key, positions of sequences by OID."""

    tables: Mapping[int, KeptTable] = field(default_factory=dict)
    columns: Mapping[Key, KeptColumn] = field(default_factory=dict)
    sequences: Mapping[int, Position] = field(default_factory=dict)


NOTHING = Archive()
