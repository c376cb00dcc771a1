"""Constraints that cannot be put back because values that they need do not come back."""

from collections.abc import Iterator

from mainsql.undo import fields
from mainsql.undo.archive import Archive
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes
from mainsql.undo.side import Side

_EACH_ANOTHER = ("nextval(", "gen_random_uuid(", "uuidv", "clock_timestamp(")
"""What in a default gives each row a value of its own."""


def reasons(changes: Changes, archive: Archive) -> Iterator[str]:
    """Why the rows of a table that is still there, or is kept, would break what is put back on it."""
    side = changes.before
    for key in sorted(changes.vanished):
        if key.catalog != "pg_constraint" or fields.number(side[key], "conparentid"):
            continue
        constraint = side[key]
        relation = Key("pg_class", fields.text(constraint, "conrelid"))
        if relation in changes.vanished and int(relation.id) not in archive.tables:
            continue  # It has no rows either.
        match fields.text(constraint, "contype"):
            case "f":
                yield from _references(changes, constraint, archive)
            case "p" | "u" | "x":
                for column in _columns(constraint, "conrelid", "conkey"):
                    if _all_alike(changes, column, archive):
                        yield (
                            f"{constraint.kind} {constraint.identity}: the values of column "
                            f"{side[column].identity}, which have to be different, do not come back"
                        )


def _references(changes: Changes, constraint: Entry, archive: Archive) -> Iterator[str]:
    side = changes.before
    target = Key("pg_class", fields.text(constraint, "confrelid"))
    lost = target in changes.vanished and not _is_kept(side, target, archive)
    columns = [
        column
        for column in _columns(constraint, "confrelid", "confkey")
        if column in changes.vanished and column not in archive.columns and target not in changes.vanished
    ]
    what = f"{constraint.kind} {constraint.identity}"
    if lost:
        yield f"{what}: the rows of {side[target].identity} that it leads to do not come back"
    for column in columns:
        yield f"{what}: the values of column {side[column].identity} that it leads to do not come back"


def _is_kept(side: Side, table: Key, archive: Archive) -> bool:
    """Whether the rows of a table, or of its partitions, are kept."""
    if side.relation_kind(table) != "p":
        return int(table.id) in archive.tables
    partitions = [
        Key("pg_class", fields.ids(key)[0])
        for key in side.of("pg_inherits")
        if fields.ids(key)[1] == table.id
    ]
    return all(_is_kept(side, partition, archive) for partition in partitions)


def _columns(constraint: Entry, relation: str, numbers: str) -> list[Key]:
    oid = fields.text(constraint, relation)
    return [Key("pg_attribute", f"{oid}:{number}") for number in fields.numbers(constraint, numbers)]


def _all_alike(changes: Changes, column: Key, archive: Archive) -> bool:
    """Whether a column that is added again has one value, not null, in all rows."""
    if column not in changes.vanished or column in archive.columns:
        return False
    default = changes.before.default_of(column)
    if default is None or fields.text(changes.before[column], "attgenerated"):
        return False
    return not any(each in fields.said(default, "adbin") for each in _EACH_ANOTHER)
