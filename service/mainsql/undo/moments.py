"""Two partial snapshots of one database, made ready to be compared."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from mainsql.undo.catalog import Dependency, Key, Snapshot
from mainsql.undo.keys import Keys


def completed(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Both, each with what the other one has read and nobody has written in between.

    ``after`` knows what the transaction has written (``touched``); what other sessions have created
    meanwhile is left out of it.
    """
    if (touched := after.touched) is None:
        return before, after
    after = replace(after, keys=_ours(before, after, touched))
    return _with(before, after, touched), _with(after, before, touched)


def _ours(before: Snapshot, after: Snapshot, touched: AbstractSet[Key]) -> AbstractSet[Key]:
    foreign = (after.keys - before.keys) - touched
    return after.keys.without(foreign) if isinstance(after.keys, Keys) else after.keys - foreign


def _with(snapshot: Snapshot, other: Snapshot, written: AbstractSet[Key]) -> Snapshot:
    found = {
        key: entry
        for key, entry in other.entries.items()
        if key not in snapshot.entries and key in snapshot.keys and key not in written
    }
    if not found:
        return snapshot
    owners = {(key.catalog, key.id.split(":")[0]) for key in found}
    more = (each for each in other.dependencies if _owner(each) in owners)
    return replace(
        snapshot,
        entries={**snapshot.entries, **found},
        dependencies=tuple(dict.fromkeys((*snapshot.dependencies, *more))),
        row_types={**other.row_types, **snapshot.row_types},
        array_types={**other.array_types, **snapshot.array_types},
        view_rules={**other.view_rules, **snapshot.view_rules},
        defaults={**other.defaults, **snapshot.defaults},
        positions={**other.positions, **snapshot.positions},
    )


def _owner(dependency: Dependency) -> tuple[str, str]:
    return dependency.catalog, str(dependency.id)
