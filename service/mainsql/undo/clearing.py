"""All that was created → what drops it, in order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError

from mainsql.undo import dropping, fields, ordering
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.side import Side

_LAST = {"pg_namespace": 3}


@dataclass(frozen=True, slots=True)
class Cleared:
    """What drops all that was created: ``first``, and ``late``, when nothing needs it any more.

    ``aside`` gives those dropped late another name, where theirs is needed before.
    """

    first: tuple[str, ...]
    aside: tuple[str, ...]
    late: tuple[str, ...]


def cleared(changes: Changes, reasons: list[str]) -> Cleared:
    """Drops what was created. Adds to ``reasons`` why something cannot be dropped."""
    created = {key for key in changes.created if not _goes_with_another(changes, key)}
    created -= {routine for key in created for routine in _routines_of_type(changes, key)}
    pinned = _pinned(changes)
    loose, order = _ordered(changes, created)
    first: list[str] = []
    for key in (*loose, *_by_rank(changes, [key for key in order if key not in pinned])):
        first += _attempt(changes, key, reasons)
    aside: list[str] = []
    late: list[str] = []
    names = {(entry.key.catalog, entry.identity) for entry in changes.before.snapshot.entries.values()}
    for key in order:
        if key not in pinned:
            continue
        entry = changes.after[key]
        if (key.catalog, entry.identity) in names and (put := dropping.set_aside(entry)) is not None:
            aside.append(put[0])
            entry = put[1]
        late += _attempt(changes, key, reasons, entry)
    return Cleared(tuple(first), tuple(aside), tuple(late))


def _attempt(changes: Changes, key: Key, reasons: list[str], entry: Entry | None = None) -> tuple[str, ...]:
    try:
        return dropping.drop(changes, entry or changes.after[key])
    except Irreversible as reason:
        reasons.append(str(reason))
        return ()


def _goes_with_another(changes: Changes, key: Key) -> bool:
    return any(holder in changes.created for holder in changes.after.holders(key))


def _routines_of_type(changes: Changes, key: Key) -> Iterator[Key]:
    """What reads and writes the values of a new base type: they need each other, and go together."""
    if key.catalog == "pg_type" and dropping.is_base_type(changes.after[key]):
        for edge in changes.after.needs.get(key, ()):
            if edge.on.catalog == "pg_proc" and edge.on in changes.created:
                yield edge.on


def _ordered(changes: Changes, created: Collection[Key]) -> tuple[list[Key], list[Key]]:
    """What has to go before all else to break circles, and the rest in order."""
    side = changes.after
    try:
        return [], ordering.to_drop(side, created)
    except CycleError:
        loose = ordering.in_the_way(side, created, changes.created)
    try:
        return loose, ordering.to_drop(side, created, without=frozenset(loose))
    except CycleError:
        return loose, sorted(created, key=ordering.age, reverse=True)


def _by_rank(changes: Changes, keys: Iterable[Key]) -> list[Key]:
    """Partitions are detached first; NOT NULL goes last, when no primary key needs it any more."""

    def rank(key: Key) -> int:
        if key.catalog == "pg_inherits":
            return 0
        if key.catalog == "pg_constraint" and fields.text(changes.after[key], "contype") == "n":
            return 2
        return 1

    return sorted(keys, key=rank)


def _pinned(changes: Changes) -> set[Key]:
    """What was created and is needed by something old until that is what it was again."""
    needed: dict[Key, set[Key]] = defaultdict(set)
    for edge in changes.after.edges:
        if edge.on in changes.created and edge.kind in {"n", "a", "i"}:
            needed[edge.on].add(edge.dependent)
    pinned = {
        part
        for key, dependents in needed.items()
        if any(_pins(changes, dependent, key) for dependent in dependents)
        for part in _with_table(changes.after, key)
        if part in changes.created
    }
    todo = list(pinned)
    while todo:
        for edge in changes.after.needs.get(todo.pop(), ()):
            if edge.on in changes.created and edge.on not in pinned and edge.kind in {"n", "a", "i"}:
                pinned.add(edge.on)
                todo.append(edge.on)
    return pinned


def _pins(changes: Changes, dependent: Key, key: Key) -> bool:
    if dependent not in changes.created:
        return dependent in changes.after and dependent not in changes.vanished
    if dependent.catalog == "pg_attrdef":  # A new default of an old column.
        column = changes.after.column_of_default(dependent)
        return column is not None and changes.survives(column) and column != key
    return False


def _with_table(side: Side, key: Key) -> Iterator[Key]:
    yield key
    if (table := side.table_of(key)) is not None:
        yield table
