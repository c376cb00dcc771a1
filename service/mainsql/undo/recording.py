"""What a version made of each object, as the ledger keeps it, and how the objects should be after that."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from mainsql.model import Undo
from mainsql.undo.catalog import Dependency, Entry, Json, Key, Snapshot
from mainsql.undo.comparing import found_by
from mainsql.undo.words import object_name

Document = Mapping[str, Json]

_RELATIONS = {
    "pg_attribute": "attrelid",
    "pg_attrdef": "adrelid",
    "pg_constraint": "conrelid",
    "pg_index": "indrelid",
    "pg_policy": "polrelid",
    "pg_rewrite": "ev_class",
    "pg_trigger": "tgrelid",
}
"""The columns that say to which relation an entry belongs."""


class Name(NamedTuple):
    """An object by the catalog that has it and its name, which outlive its OID."""

    catalog: str
    identity: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """One object: its properties before a version and after it, None where it was not there.

    ``key`` is the one that it had then. ``kind`` and ``facts`` are those of its entry; ``facts`` also
    has the OID of the ``relation`` that it is a part of, if it is one.
    """

    name: Name
    key: Key
    kind: str
    facts: Mapping[str, Json]
    before: Document | None
    after: Document | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What something did: how it is taken back, and what became of each object."""

    undo: Undo
    objects: tuple[Recorded, ...]


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
            found.append(Recorded(name, entry.key, entry.kind, _facts(entry), old, new))
    return tuple(found)


def _facts(entry: Entry) -> Mapping[str, Json]:
    relation = entry.raw.get(_RELATIONS.get(entry.key.catalog, ""))
    return entry.facts if relation is None else {**entry.facts, "relation": relation}


def by_name(snapshot: Snapshot) -> Mapping[Name, Entry]:
    """The entries of a snapshot by what they are called."""
    return {called(e.key.catalog, e.identity, e.document): e for e in snapshot.entries.values()}


def called(catalog: str, identity: str, document: Document) -> Name:
    """What an object is called; where the server made its name up, what it is: that stays."""
    return Name(catalog, found_by(catalog, identity, document))


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


def wanted_now(versions: Iterable[tuple[bool, Iterable[Recorded]]]) -> Records:
    """How the objects should be now: ``versions``, oldest first, each with whether it is applied.

    What only versions have touched that were taken back should be as it was before them.
    """
    found = list(versions)
    back = wanted_before(made for applied, made in found if not applied)
    return {**back, **wanted_after(made for applied, made in found if applied)}


def concerning(records: Records, names: Set[str]) -> Records:
    """Those of the records that are of an object with one of these names, or of a part of one."""
    relations = {
        int(each.key.id): name.identity for name, each in records.items() if name.catalog == "pg_class"
    }

    def is_named(each: Recorded) -> bool:
        relation = each.facts.get("relation")
        whole = relations.get(relation) if isinstance(relation, int) else None
        # A comment is about an object that has a name of its own.
        own = str(each.facts.get("object_identity", each.name.identity))
        return any(object_name(identity) in names for identity in (own, whole or own))

    return {name: each for name, each in records.items() if is_named(each)}


def reordered(taken_back: Iterable[Iterable[Recorded]]) -> frozenset[str]:
    """The relations of which these versions, which were taken back, had changed columns that were there.

    What is added again is the last column.
    """
    return frozenset(
        str(each.before["attrelid"])
        for version in taken_back
        for each in version
        if each.name.catalog == "pg_attribute" and each.before is not None
    )


def made_here(versions: Iterable[Iterable[Recorded]]) -> frozenset[Name]:
    """The objects that one of these versions, oldest first, made: all that belongs to them is known."""
    first: dict[Name, Recorded] = {}
    for version in versions:
        for each in version:
            first.setdefault(each.name, each)
    return frozenset(name for name, each in first.items() if each.before is None)


def as_wanted(records: Records, server_version: int) -> Snapshot:
    """The objects as they should be, to be compared with how they are."""
    entries: dict[Key, Entry] = {}
    dependencies: list[Dependency] = []
    for each in records.values():
        if each.after is None:
            continue
        raw: dict[str, Json] = {}
        if isinstance(relation := each.facts.get("relation"), int):
            raw[_RELATIONS[each.name.catalog]] = relation
            if each.key.id.isdecimal():
                part = each.name.catalog, int(each.key.id), 0
                dependencies.append(Dependency(*part, "pg_class", relation, 0, "a"))
        entries[each.key] = Entry(each.key, each.name.identity, each.kind, each.after, raw, facts=each.facts)
    return Snapshot(server_version, entries, frozenset(entries), tuple(dependencies), complete=False)


def only(
    snapshot: Snapshot, records: Records, known: Set[Name] = frozenset(), others: Set[Name] = frozenset()
) -> Snapshot:
    """Of a snapshot, what is in the records by its name, and what belongs to relations ``known`` in full.

    ``others`` are recorded, too, but are not asked for.
    """
    relations = {
        int(entry.key.id)
        for name, entry in by_name(snapshot).items()
        if name in known and name.catalog == "pg_class"
    }
    entries = {
        entry.key: entry
        for name, entry in by_name(snapshot).items()
        if name in records
        or (entry.raw.get(_RELATIONS.get(name.catalog, "")) in relations and name not in others)
    }
    return replace(snapshot, entries=entries, keys=frozenset(entries), notes=())
