"""Two partial snapshots of one database, each with what the other one has read of what stayed as it was."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from mainsql.undo.catalog import Dependency, Key, Snapshot


def completed(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Both, so that what one of them has read and nobody has written in between is in the other, too.

    ``after`` knows what was written (``touched``).
    """
    written = after.keys if after.touched is None else after.touched
    same = (before.keys & after.keys) - written
    return _with(before, after, same), _with(after, before, same)


def _with(snapshot: Snapshot, other: Snapshot, same: AbstractSet[Key]) -> Snapshot:
    found = {
        key: entry for key, entry in other.entries.items() if key in same and key not in snapshot.entries
    }
    if not found:
        return snapshot
    owners = {(key.catalog, key.id.split(":")[0]) for key in found}
    return replace(
        snapshot,
        entries={**snapshot.entries, **found},
        dependencies=tuple(
            dict.fromkeys(
                (*snapshot.dependencies, *(each for each in other.dependencies if _owner(each) in owners))
            )
        ),
        row_types={**other.row_types, **snapshot.row_types},
        array_types={**other.array_types, **snapshot.array_types},
        view_rules={**other.view_rules, **snapshot.view_rules},
        defaults={**other.defaults, **snapshot.defaults},
        positions={**other.positions, **snapshot.positions},
    )


def _owner(dependency: Dependency) -> tuple[str, str]:
    return dependency.catalog, str(dependency.id)
