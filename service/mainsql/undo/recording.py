"""What a version made of each object, as the ledger keeps it, and how the objects should be after that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from mainsql.undo.catalog import Entry, Json, Key, Snapshot

Document = Mapping[str, Json]


class Name(NamedTuple):
    """An object by the catalog that has it and its name, which outlive its OID."""

    catalog: str
    identity: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """One object: its properties before a version and after it, None where it was not there.

    ``key`` is the one that it had then. ``kind`` and ``facts`` are those of its entry.
    """

    name: Name
    key: Key
    kind: str
    facts: Mapping[str, Json]
    before: Document | None
    after: Document | None


def record(before: Snapshot, after: Snapshot) -> tuple[Recorded, ...]:
    """What differs, object by object. One that has another name now is two: the old one and the new one.

    Snapshots may be partial, as long as all that differs is in both.
    """
    earlier, later = by_name(before), by_name(after)
    found = []
    for name in dict.fromkeys((*earlier, *later)):
        was, now = earlier.get(name), later.get(name)
        if was is not None and now is None and was.key in after.keys and was.key not in after.entries:
            continue  # it was not read again, because nothing touched it
        if now is not None and was is None and now.key in before.keys and now.key not in before.entries:
            continue
        entry = now or was
        assert entry is not None
        old, new = was.document if was else None, now.document if now else None
        if old != new:
            found.append(Recorded(name, entry.key, entry.kind, entry.facts, old, new))
    return tuple(found)


def by_name(snapshot: Snapshot) -> Mapping[Name, Entry]:
    """The entries of a snapshot by what they are called."""
    return {Name(entry.key.catalog, entry.identity): entry for entry in snapshot.entries.values()}


Records = Mapping[Name, Recorded]
"""Objects by name, and what should be there of each now (``after``)."""


def wanted_after(versions: Iterable[Iterable[Recorded]]) -> Records:
    """How the objects should be after these versions, oldest first."""
    return {each.name: each for version in versions for each in version}


def wanted_before(versions: Iterable[Iterable[Recorded]]) -> Records:
    """How the objects should be when these versions, oldest first, were taken back."""
    found: dict[Name, Recorded] = {}
    for version in versions:
        for each in version:
            found.setdefault(each.name, replace(each, before=None, after=each.before))
    return found


def as_wanted(records: Records, server_version: int) -> Snapshot:
    """The objects as they should be, to be compared with how they are."""
    entries = {
        each.key: Entry(each.key, each.name.identity, each.kind, each.after, facts=each.facts)
        for each in records.values()
        if each.after is not None
    }
    return Snapshot(server_version, entries, frozenset(entries), complete=False)


def only(snapshot: Snapshot, records: Records) -> Snapshot:
    """Of a snapshot, what is in the records by its name."""
    entries = {entry.key: entry for name, entry in by_name(snapshot).items() if name in records}
    return replace(snapshot, entries=entries, keys=frozenset(entries), notes=())
