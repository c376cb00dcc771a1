"""Which rows and values a version takes away, and how they can be kept before it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mainsql.undo import fields
from mainsql.undo.catalog import Key
from mainsql.undo.changes import Changes
from mainsql.undo.side import Side

_TYPE = frozenset({"atttypid", "atttypmod"})
_WIDER = frozenset({(21, 23), (21, 20), (23, 20), (700, 701)})
"""Types whose values are the same in another one: smallint, integer, bigint; real, double precision."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A table whose rows, or a column whose values a version takes away.

    ``row`` are the columns to find a value's row by; None where the table has none to tell its rows
    apart. ``changes`` is that the column stays, with another type.
    """

    key: Key
    row: tuple[Key, ...] | None = ()
    changes: bool = False


def taken(changes: Changes) -> Iterator[Taken]:
    """What a version takes away. Raises Missing."""
    side = changes.before
    for key in sorted(changes.vanished):
        if key.catalog == "pg_class" and side.relation_kind(key) == "r" and stored_columns(side, key):
            yield Taken(key)
        elif key.catalog == "pg_attribute" and not is_gone(changes, key) and is_stored(side, key):
            yield Taken(key, row_key(changes, key))
    for key in sorted(changes.changed):
        if key.catalog == "pg_attribute" and is_stored(side, key) and loses_values(changes, key):
            yield Taken(key, row_key(changes, key), changes=True)


def is_gone(changes: Changes, column: Key) -> bool:
    """Whether the relation of a column has vanished."""
    return Side.table_of(column) in changes.vanished


def is_stored(side: Side, column: Key) -> bool:
    """Whether there are values of a column on disk that nothing else tells."""
    relation = Key("pg_class", fields.ids(column)[0])
    return side.relation_kind(relation) == "r" and not fields.text(side[column], "attgenerated")


def stored_columns(side: Side, table: Key) -> tuple[Key, ...]:
    """The columns of a table that have values of their own."""
    return tuple(key for key in side.columns(table) if not fields.text(side[key], "attgenerated"))


def loses_values(changes: Changes, column: Key) -> bool:
    """Whether another type may have made something else of the values of a column."""
    before, after = changes.pair(column)
    if not fields.differing(before, after) & _TYPE:
        return False
    if (fields.number(before, "atttypid"), fields.number(after, "atttypid")) in _WIDER:
        return False
    relations = changes.pair(Key("pg_class", fields.ids(column)[0]))
    # Where the server did not write the table anew, each value is what it was.
    return len({each.facts.get("relfilenode") for each in relations}) > 1


def row_key(changes: Changes, column: Key) -> tuple[Key, ...] | None:
    """The columns that tell the rows of a column's table apart, before the version and after it.

    The primary key, else another unique one without nulls; None where there is none.
    """
    side = changes.before
    table = Key("pg_class", fields.ids(column)[0])
    found = []
    for index in side.indexes(table):
        definition = side[Key("pg_index", index.id)]
        numbers = fields.numbers(definition, "indkey")[: fields.number(definition, "indnkeyatts")]
        columns = tuple(Key("pg_attribute", f"{table.id}:{number}") for number in numbers)
        if (
            fields.flag(definition, "indisunique")
            and fields.flag(definition, "indisvalid")
            and definition.raw.get("indpred") is None
            and all(number > 0 for number in numbers)
            and all(_tells(changes, each, column) for each in columns)
        ):
            found.append((not fields.flag(definition, "indisprimary"), columns))
    return min(found)[1] if found else None


def _tells(changes: Changes, column: Key, about: Key) -> bool:
    if column == about or not changes.survives(column):
        return False
    before, after = changes.pair(column)
    same = not fields.differing(before, after) & _TYPE
    return same and fields.flag(before, "attnotnull") and not fields.text(before, "attgenerated")
