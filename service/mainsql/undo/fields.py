"""The columns of a catalog's row, as what they are."""

from collections.abc import Mapping, Sequence

from mainsql.undo.catalog import Entry, Json, Key


def text(entry: Entry, column: str) -> str:
    """A column with text, empty where it is null."""
    value = entry.raw.get(column)
    return "" if value is None else str(value)


def number(entry: Entry, column: str) -> int:
    """A column with a number or an OID; 0 where it is null."""
    value = entry.raw.get(column)
    return int(value) if isinstance(value, int | str) and value != "" else 0


def optional(entry: Entry, column: str) -> int | None:
    """A column with a number, or None where it is null."""
    return None if entry.raw.get(column) is None else number(entry, column)


def flag(entry: Entry, column: str) -> bool:
    """A column that is true or false."""
    return entry.raw.get(column) is True


def numbers(entry: Entry, column: str) -> tuple[int, ...]:
    """An array of numbers or OIDs, or a vector of them."""
    value = entry.raw.get(column)
    if isinstance(value, str):
        return tuple(map(int, value.strip("{}").replace(",", " ").split()))
    return (
        tuple(int(each) for each in value if isinstance(each, int | str)) if isinstance(value, list) else ()
    )


def said(entry: Entry, name: str) -> str:
    """A property of the document, as text; empty where there is none."""
    value = entry.document.get(name)
    return "" if value is None else str(value)


def listed(value: Json) -> tuple[str, ...]:
    """An array of texts; empty where it is null."""
    return tuple(map(str, value)) if isinstance(value, list) else ()


def options(value: Json) -> Mapping[str, str]:
    """An array of ``name=value``, as the catalogs keep options and settings."""
    found = {}
    for each in listed(value):
        name, _, setting = each.partition("=")
        found[name] = setting
    return found


def differing(before: Entry, after: Entry) -> frozenset[str]:
    """The columns in which two rows differ."""
    columns = before.raw.keys() | after.raw.keys()
    return frozenset(column for column in columns if before.raw.get(column) != after.raw.get(column))


def ids(key: Key) -> Sequence[str]:
    """The parts of a key: ``attrelid`` and ``attnum`` of a column, and so on."""
    return key.id.split(":")
