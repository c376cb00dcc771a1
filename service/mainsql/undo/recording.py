"""What a version made of each object, as the ledger keeps it, and what that makes of a database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

    ``key`` is the one that it has now, or had when it was dropped.
    """

    name: Name
    key: Key
    kind: str
    before: Document | None
    after: Document | None


def record(before: Snapshot, after: Snapshot) -> tuple[Recorded, ...]:
    """What differs, object by object. One that has another name now is two: the old one and the new one.

    Snapshots may be partial, as long as all that differs is in both.
    """
    earlier = {_name(entry): entry for entry in before.entries.values()}
    later = {_name(entry): entry for entry in after.entries.values()}
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
            found.append(Recorded(name, entry.key, entry.kind, old, new))
    return tuple(found)


def _name(entry: Entry) -> Name:
    return Name(entry.key.catalog, entry.identity)


def expected(live: Iterable[Iterable[Recorded]]) -> Mapping[Name, Recorded]:
    """How each object should be after these versions, oldest first: its newest record.

    What a later version took away again is there, too, with nothing after it.
    """
    found: dict[Name, Recorded] = {}
    for version in live:
        for each in version:
            found[each.name] = each
    return found


def earliest(versions: Iterable[Iterable[Recorded]]) -> Mapping[Name, Recorded]:
    """How each object was before these versions, oldest first: its oldest record."""
    found: dict[Name, Recorded] = {}
    for version in versions:
        for each in version:
            found.setdefault(each.name, each)
    return found
