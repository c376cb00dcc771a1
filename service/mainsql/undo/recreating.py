"""What is so changed that it has to be dropped and made again, and what has to be with it."""

from collections.abc import Iterator

from mainsql.undo import fields
from mainsql.undo.altering import code
from mainsql.undo.catalog import Key
from mainsql.undo.changes import Changes, Irreversible


def recreated(changes: Changes) -> Changes:
    """The changes with all of that counted as created and vanished. Raises Irreversible."""
    keys = {_whole(key) for key in changes.changed if code.must_be_made_again(changes, key)}
    keys |= {key for key in _grown(changes) if changes.before.relation_kind(key) == "v"}
    keys |= set(_bound_anew(changes))
    if not keys:
        return changes
    todo = list(keys)
    while todo:
        for key in _dependents(changes, todo.pop()):
            if key not in keys:
                keys.add(key)
                todo.append(key)
    return changes.again(keys)


def _bound_anew(changes: Changes) -> Iterator[Key]:
    """Partitions that were detached and attached again with other bounds."""
    for key in changes.changed:
        if changes.before.relation_kind(key) and "relpartbound" in fields.differing(*changes.pair(key)):
            yield from (each for each in changes.before.parents(key) if each in changes.after)


def _whole(key: Key) -> Key:
    return Key("pg_proc", key.id) if key.catalog == "pg_aggregate" else key


def _grown(changes: Changes) -> "list[Key]":
    """Relations with columns that they did not have. A view that is replaced cannot lose one."""
    return [
        key
        for relation in changes.created_columns
        if (key := Key("pg_class", relation)) in changes.before and key in changes.after
    ]


def _dependents(changes: Changes, key: Key) -> "list[Key]":
    """What was there before, is there still and needs it."""
    side = changes.after
    parts = (key, *side.columns(key)) if key.catalog == "pg_class" else (key,)
    found = []
    for part in parts:
        for edge in side.needed_by.get(part, ()):
            dependent = edge.dependent
            if edge.kind not in {"n", "a"} or dependent not in changes.before or dependent in parts:
                continue
            _check(changes, key, dependent)
            found.append(dependent)
    return found


def _check(changes: Changes, key: Key, dependent: Key) -> None:
    what = f"{changes.after[key].kind} {changes.after[key].identity}"
    column = dependent
    if dependent.catalog == "pg_attrdef":
        owner = changes.after.column_of_default(dependent)
        if owner is None or not fields.text(changes.after[owner], "attgenerated"):
            return
        column = owner
    if column.catalog == "pg_attribute":
        needed_by = changes.after[column].identity
        raise Irreversible(f"{what}: it has to be made again, and column {needed_by} needs it")
