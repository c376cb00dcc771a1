"""The values of a column: which come back from where they are kept, and how they are put back."""

from collections.abc import Iterator

from mainsql.undo import archive as archives
from mainsql.undo import fields, keeping, objects
from mainsql.undo.archive import BECAME, FIRST_OID_OF_USERS, Archive, KeptColumn
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.side import Side
from mainsql.undo.steps import Loss, Part, Step

_STATES = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_HAPPENS = {
    "pg_trigger": ("TRIGGER", "tgname", "tgenabled"),
    "pg_rewrite": ("RULE", "rulename", "ev_enabled"),
}
"""What happens on an UPDATE: the word for it, and the columns with its name and its state."""

_ON_UPDATE = 16
"""The bit of tgtype for UPDATE (PostgreSQL's pg_trigger.h)."""


def lost(column: Entry, archive: Archive) -> str:
    """What does not come back of a column that vanished, in words."""
    why = ", which has no key left to find its rows by" if archive.keeps else ""
    return f"values of column {column.identity}{why}"


def stored(changes: Changes, column: Entry) -> tuple[Entry, ...]:
    """The column, if it has values of its own, and what follows it in the tables below, likewise."""
    return tuple(
        changes.before[key]
        for key in _with_below(changes.before, column.key)
        if keeping.is_stored(changes.before, key) and not keeping.is_gone(changes, key)
    )


def _with_below(side: Side, column: Key) -> Iterator[Key]:
    yield column
    name = fields.text(side[column], "attname")
    for child in side.children(Key("pg_class", fields.ids(column)[0])):
        for key in side.columns(child):
            if fields.text(side[key], "attname") == name:
                yield from _with_below(side, key)


def put_back(
    changes: Changes,
    column: Entry,
    kept: KeptColumn | None,
    *,
    others: bool = False,
    since: Entry | None = None,
) -> tuple[str, ...]:
    """The statements that put the kept values of a column into it again, and touch nothing else.

    With ``others``, rows whose values were not kept get the column's default. ``since`` is what the
    version made of the column, where it is still there: what is not as it was then stays.
    """
    relation = changes.before.relation(fields.number(column, "attrelid"))
    name = objects.column_name(column)
    update = f"UPDATE ONLY {relation.identity} put SET {name} ="
    updates = []
    rows = ""
    if kept is not None and kept.kept_in is not None:
        rows = f"FROM {kept.kept_in} kept WHERE {same_row(changes.before, kept)}"
        if since is not None:
            became = cast_back(column, since, f"kept.{BECAME}")
            rows += f" AND put.{name}::pg_catalog.text IS NOT DISTINCT FROM ({became})::pg_catalog.text"
        updates.append(f"{update} {archives.restored(column, f'kept.{name}')} {rows}")
    if others:
        updates.append(f"{update} DEFAULT" + (f" WHERE NOT EXISTS (SELECT {rows})" if rows else ""))
    return quietly(changes, relation, tuple(updates)) if updates else ()


def cast_back(before: Entry, after: Entry, value: str) -> str:
    """SQL: a value of a column as its undo casts it to the type that the column had."""
    types = (fields.number(each, "atttypid") for each in (before, after))
    by_text = "::text" if any(oid >= FIRST_OID_OF_USERS for oid in types) else ""
    return f"{value}{by_text}::{before.definition}"


def same_row(before: Side, kept: KeptColumn, now: Side | None = None) -> str:
    """SQL: whether a row ``kept`` is of the row ``put``, where columns are called as they are ``now``."""
    return " AND ".join(
        f"kept.{objects.column_name(before[key])} = {archives.value((now or before)[key], 'put')}"
        for key in kept.row
    )


def changed_back(changes: Changes, archive: Archive) -> Iterator[Part]:
    """What puts values into columns again whose type was changed, once they have it back.

    It comes behind that. A row that was given another value since keeps it.
    """
    for key in sorted(changes.changed & archive.columns.keys()):
        column, after = changes.pair(key)
        if key in archive.stuck:
            raise Irreversible(
                f"column {column.identity}: not all of its values can be cast back from "
                f"{after.definition} to {column.definition}: {archive.stuck[key]}"
            )
        yield Loss(
            f"values of column {column.identity} that are written since, where they are not the same "
            f"after a cast from {after.definition} to {column.definition}"
        )
        top = _top(changes.before, key)
        yield Step(top, put_back(changes, column, archive.columns[key], since=after))


def changed(changes: Changes, column: Key, kept: KeptColumn) -> str:
    """SQL: those of the kept values of a column that its undo does not cast back, and what they became."""
    before, after = changes.pair(column)
    relation = changes.after.relation(fields.number(after, "attrelid"))
    name = f"kept.{objects.column_name(before)}"
    listed = [f"kept.{objects.column_name(changes.before[key])}" for key in kept.row]
    back = cast_back(before, after, f"put.{objects.column_name(after)}")
    return (
        f"SELECT {', '.join([*listed, name])}, {archives.value(after, 'put')} AS {BECAME} "
        f"FROM {kept.kept_in} kept JOIN ONLY {relation.identity} put "
        f"ON {same_row(changes.before, kept, changes.after)} "
        f"WHERE ({back})::pg_catalog.text IS DISTINCT FROM {name}::pg_catalog.text"
    )


def _top(side: Side, column: Key) -> Key:
    """The column that one follows which is inherited: statements are about that."""
    name = fields.text(side[column], "attname")
    for inheritance in side.parents(Key("pg_class", fields.ids(column)[0])):
        for key in side.columns(Key("pg_class", fields.ids(inheritance)[1])):
            if fields.text(side[key], "attname") == name:
                return _top(side, key)
    return column


def quietly(changes: Changes, relation: Entry, updates: tuple[str, ...]) -> tuple[str, ...]:
    """UPDATEs of a table without what users have made to happen on one: triggers and rules.

    A policy that hides a row makes them fail. Where updates are published, they can be.
    """
    first, last = ["SET LOCAL row_security = off"], ["RESET row_security"]
    if (identity := _no_identity(changes, relation)) is not None:
        first.append(f"ALTER TABLE {relation.identity} REPLICA IDENTITY FULL")
        last.append(f"ALTER TABLE {relation.identity} REPLICA IDENTITY {identity}")
    for key in _on_update(changes, relation):
        word, name, enabled = _HAPPENS[key.catalog]
        before, after = changes.pair(key)
        was, is_now = (fields.text(each, enabled) for each in (before, after))
        if was == is_now == "D":
            continue
        what = f"{word} {objects.column_name(before, name)}"
        first.append(f"ALTER TABLE {relation.identity} DISABLE {what}")
        if was != "D":
            last.append(f"ALTER TABLE {relation.identity} {_STATES[was]} {what}")
    return (*first, *updates, *last)


def _no_identity(changes: Changes, relation: Entry) -> str | None:
    """The replica identity of a table, where that does not tell its rows apart, so that updates may fail."""
    match fields.text(relation, "relreplident"):
        case "n":
            return "NOTHING"
        case "d" if not any(
            fields.flag(changes.before[Key("pg_index", index.id)], "indisprimary")
            for index in changes.before.indexes(relation.key)
            if changes.survives(index)
        ):
            return "DEFAULT"
    return None


def _on_update(changes: Changes, relation: Entry) -> list[Key]:
    side = changes.before
    found = {edge.dependent for edge in side.needed_by.get(relation.key, ()) if edge.dependent in side}
    return sorted(key for key in found if changes.survives(key) and _fires(side, key, relation.key.id))


def _fires(side: Side, key: Key, relation: str) -> bool:
    match key.catalog:
        case "pg_trigger":
            entry = side[key]
            ours = fields.text(entry, "tgrelid") == relation and not fields.flag(entry, "tgisinternal")
            return ours and bool(fields.number(entry, "tgtype") & _ON_UPDATE)
        case "pg_rewrite":
            entry = side[key]
            return fields.text(entry, "ev_class") == relation and fields.text(entry, "ev_type") == "2"
    return False
