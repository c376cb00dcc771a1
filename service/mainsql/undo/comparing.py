"""What differs between two databases, or between two moments of one."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from mainsql.undo.catalog import SYSTEM_ACL, Entry, Json, Key, Snapshot
from mainsql.undo.deparsing import settled
from mainsql.undo.majors import comparable
from mainsql.undo.wording import word


class _Order(NamedTuple):
    """Properties of what stands in an order: its name, its place, and what it is in, of which catalog."""

    name: str
    place: str
    owner: str
    catalog: str
    word: str


_ORDERS = {
    "pg_attribute": _Order("attname", "position", "attrelid", "pg_class", "column order"),
    "pg_enum": _Order("enumlabel", "rank", "enumtypid", "pg_type", "order of labels"),
}

_OF_ANOTHER = {
    "pg_aggregate": "aggregate",
    "pg_foreign_table": "foreign table",
    "pg_index": "index",
    "pg_partitioned_table": "table",
    "pg_range": "type",
    "pg_sequence": "sequence",
}
"""Catalogs whose rows say more of an object that has a row elsewhere, too, and what kind that is of."""

_APART = ("pg_database", "pg_db_role_setting")
"""What is of a database as a whole, or of the roles of its server, and not in it: pg_dump leaves it out."""


class Verdict(Enum):
    """What comes of a comparison."""

    EQUAL = "equal"
    ORDER = "equal but for column order"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Change:
    """A property that is not what it was; ``name`` is that of a catalog's column, or like one."""

    catalog: str
    name: str
    before: Json
    after: Json

    @property
    def word(self) -> str:
        """What people call the property."""
        return word(self.catalog, self.name)

    @property
    def is_order(self) -> bool:
        """Whether it is only where a column stands."""
        return self.name == _ORDERS["pg_attribute"].word


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is not the same. ``there`` is False where it was and is not, and the reverse."""

    kind: str
    identity: str
    there: tuple[bool, bool]
    changes: tuple[Change, ...] = ()

    @property
    def is_order(self) -> bool:
        """Whether it is only where columns stand."""
        return bool(self.changes) and all(change.is_order for change in self.changes)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs, by kind and name; ``notes`` say what could not be compared."""

    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Equal, equal but for the order of columns, or different."""
        if not self.differences:
            return Verdict.EQUAL
        return Verdict.ORDER if all(each.is_order for each in self.differences) else Verdict.DIFFERENT

    def whatever_order(self, relations: Collection[str]) -> "Comparison":
        """The same, but in these relations columns may stand in any order."""
        found = [
            replace(each, changes=tuple(change for change in each.changes if not change.is_order))
            if each.identity in relations
            else each
            for each in self.differences
        ]
        pairs = zip(self.differences, found, strict=True)
        return replace(self, differences=tuple(now for was, now in pairs if now.changes or not was.changes))


def compare(before: Snapshot, after: Snapshot, *, one_database: bool = False) -> Comparison:
    """What differs between two databases, object by object, by their names.

    What belongs to a database or its server as a whole is left out, unless both are of
    ``one_database``. Where the servers are of different major versions, so is what only one of them
    knows.
    """
    majors = before.server_version // 10_000, after.server_version // 10_000
    apart = () if one_database else _APART
    was = _across(_by_name(before, apart), *majors)
    is_now = _across(_by_name(after, apart), *reversed(majors))
    return _compare(was, is_now, before, after, same_columns=majors[0] == majors[1])


def compare_moments(before: Snapshot, after: Snapshot) -> Comparison:
    """What differs between two moments of one database, object by object, whatever they are called.

    What an object has by its own row counts, and not how others are called that it refers to.
    """
    return _compare(_by_key(before), _by_key(after), before, after, same_columns=True, by_name=False)


_Index = Mapping[tuple[str, str, int], Entry]


def _by_name(snapshot: Snapshot, apart: Collection[str]) -> _Index:
    """The entries by catalog and name; those of one name are told apart by what they are."""
    named: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for key, entry in snapshot.entries.items():
        if key.catalog not in apart:
            named[key.catalog, _name(entry)].append(entry)
    return {
        (*name, place): entry
        for name, entries in named.items()
        for place, entry in enumerate(sorted(entries, key=_what_it_is) if entries[1:] else entries)
    }


def _what_it_is(entry: Entry) -> str:
    return repr(sorted(entry.document.items()))


_GENERATED = re.compile(r"_not_null\d*$")
"""How the server calls a NOT NULL that nobody gave a name; the number depends on what else there was."""


def _is_generated(document: Mapping[str, Json]) -> bool:
    return document.get("contype") == "n" and bool(_GENERATED.search(str(document["conname"])))


def _name(entry: Entry) -> str:
    return found_by(entry.key.catalog, entry.identity, entry.document)


def found_by(catalog: str, identity: str, document: Mapping[str, Json]) -> str:
    """What an object is found by: its name, if that is not one that the server made up."""
    if catalog == "pg_constraint" and _is_generated(document):
        return f"{document['definition']} on {document.get('conrelid') or document.get('contypid')}"
    return identity


def _across(index: _Index, major: int, other: int) -> _Index:
    found = ((name, comparable(entry, major, other)) for name, entry in index.items())
    return {name: entry for name, entry in found if entry is not None}


def _by_key(snapshot: Snapshot) -> _Index:
    return {(key.catalog, key.id, 0): entry for key, entry in snapshot.entries.items()}


def _compare(
    before: _Index,
    after: _Index,
    was: Snapshot,
    is_now: Snapshot,
    *,
    same_columns: bool,
    by_name: bool = True,
) -> Comparison:
    changes: dict[tuple[str, str], list[Change]] = defaultdict(list)
    presence: dict[tuple[str, str], tuple[bool, bool]] = {}
    gone, new = _Absent(before, after, was), _Absent(after, before, is_now)
    queries = set() if by_name else _other_queries(before, after)
    for name in sorted(before.keys() | after.keys()):
        old, now = before.get(name), after.get(name)
        if old is not None and now is not None:
            found = _changes(name[0], old.document, now.document, same_columns=same_columns)
            if not by_name:
                found = [change for change in found if _is_own(change, old, now, queries)]
            if found:
                changes[_subject(now)] += found
            continue
        entry = old or now
        assert entry is not None
        if (gone if old else new).includes_owner_of(entry):
            continue
        if _is_property(entry):
            # The server's own objects have the privileges that they came with.
            none = {"acl": entry.facts["initial"]} if name[0] == SYSTEM_ACL else {}
            changes[_subject(entry)] += _changes(
                name[0], old.document if old else none, now.document if now else none, same_columns=True
            )
        else:
            presence[_subject(entry)] = (old is not None, now is not None)
    for owner, change in _order_changes(before, after):
        changes[_subject(owner)].append(change)
    differences = [Difference(*subject, there) for subject, there in presence.items()]
    differences += [
        Difference(*subject, (True, True), tuple(found))
        for subject, found in changes.items()
        if subject not in presence
    ]
    differences.sort(key=lambda each: (each.identity, each.kind))
    return Comparison(tuple(differences), tuple(dict.fromkeys((*was.notes, *is_now.notes))))


def _changes(
    catalog: str, before: Mapping[str, Json], after: Mapping[str, Json], *, same_columns: bool
) -> list[Change]:
    names = before.keys() | after.keys() if same_columns else before.keys() & after.keys()
    order = _ORDERS.get(catalog)
    return [
        Change(catalog, name, before.get(name), after.get(name))
        for name in sorted(names)
        if not _alike(name, before.get(name), after.get(name))
        and not (order and name == order.place)
        and name != "adrelid"  # of which column a default is, its name says
        and not (name == "conname" and _is_generated(before) and _is_generated(after))
    ]


_WRITTEN_BY_THE_SERVER = frozenset(
    "adbin definition polqual polwithcheck proargdefaults prosqlbody prqual relpartbound stxexprs"
    " typdefaultbin".split()
)
"""Properties that are SQL made from an expression tree."""


def _alike(name: str, before: Json, after: Json) -> bool:
    """Whether a property is the same on both sides."""
    if before == after or name not in _WRITTEN_BY_THE_SERVER:
        return before == after
    match before, after:
        case str(), str():
            return settled(before) == settled(after)
        case list(), list():
            return [settled(str(each)) for each in before] == [settled(str(each)) for each in after]
    return False


def _is_own(change: Change, before: Entry, after: Entry, queries: Collection[Key]) -> bool:
    """Whether a property is another one by the entry's own row; ``queries`` are views with another query."""
    if change.name in before.raw:
        return before.raw[change.name] != after.raw.get(change.name)
    if change.catalog == "pg_class" and change.name == "definition":
        return after.key in queries
    return change.catalog == "pg_class" or before.raw != after.raw


def _other_queries(before: _Index, after: _Index) -> set[Key]:
    """The views whose query is another one than before."""
    return {
        Key("pg_class", str(after[name].raw["ev_class"]))
        for name in before.keys() & after.keys()
        if name[0] == "pg_rewrite" and before[name].raw != after[name].raw
    }


def _order_changes(before: _Index, after: _Index) -> Iterator[tuple[Entry, Change]]:
    """Where what both sides have stands in another order on each; with the entry that it is of.

    What only one side has changes the places of others, but not their order.
    """
    members: dict[Key, list[tuple[Entry, Entry]]] = defaultdict(list)
    for name in before.keys() & after.keys():
        if order := _ORDERS.get(name[0]):
            owner = Key(order.catalog, str(after[name].raw[order.owner]))
            members[owner].append((before[name], after[name]))
    owners = {entry.key: entry for entry in after.values() if entry.key in members}
    for key, pairs in members.items():
        order = next(order for order in _ORDERS.values() if order.catalog == key.catalog)
        was, is_now = (_in_order([pair[side] for pair in pairs], order) for side in (0, 1))
        if was != is_now and key in owners:
            yield owners[key], Change(key.catalog, order.word, was, is_now)


def _in_order(entries: Sequence[Entry], order: _Order) -> list[Json]:
    ordered = sorted(entries, key=lambda entry: int(str(entry.document[order.place])))
    return [entry.document[order.name] for entry in ordered]


def _subject(entry: Entry) -> tuple[str, str]:
    """Kind and name of the object that an entry says something of."""
    catalog = entry.key.catalog
    if catalog == "pg_attrdef":
        return "table column", entry.identity
    if catalog in ("pg_description", "pg_seclabel", SYSTEM_ACL):
        return str(entry.facts["object_kind"]), str(entry.facts["object_identity"])
    return _OF_ANOTHER.get(catalog, entry.kind), entry.identity


def _is_property(entry: Entry) -> bool:
    """Whether an entry that is not there is a property that its object does not have."""
    return entry.key.catalog in ("pg_attrdef", "pg_description", "pg_seclabel", SYSTEM_ACL)


class _Absent:
    """The objects that one side has and the other has not."""

    def __init__(self, here: _Index, there: _Index, snapshot: Snapshot) -> None:
        absent = [entry for name, entry in here.items() if name not in there]
        self._keys = {entry.key for entry in absent}
        self._names = {(entry.kind, entry.identity) for entry in absent}
        self._owners: dict[Key, list[Key]] = defaultdict(list)
        for each in snapshot.dependencies:
            key = Key(each.catalog, str(each.id))
            if each.kind in _OWNED and key in self._keys:
                self._owners[key].append(_key_of(each.on_catalog, each.on_id, each.on_column))

    def includes_owner_of(self, entry: Entry) -> bool:
        """Whether the entry only goes with another one that is absent, too."""
        match entry.key.catalog:
            case "pg_description" | "pg_seclabel" | "membership":
                return (entry.facts["object_kind"], entry.facts["object_identity"]) in self._names
        return any(key in self._keys for key in (*self._owners[entry.key], *_owners(entry)))


_OWNED = ("a", "i", "e", "P", "S")
"""Kinds of dependencies of what goes with what it depends on (PostgreSQL manual, pg_depend)."""

_OWNERS = {
    "pg_aggregate": ("aggfnoid", "pg_proc"),
    "pg_attribute": ("attrelid", "pg_class"),
    "pg_enum": ("enumtypid", "pg_type"),
    "pg_foreign_table": ("ftrelid", "pg_class"),
    "pg_index": ("indexrelid", "pg_class"),
    "pg_inherits": ("inhrelid", "pg_class"),
    "pg_partitioned_table": ("partrelid", "pg_class"),
    "pg_range": ("rngtypid", "pg_type"),
    "pg_sequence": ("seqrelid", "pg_class"),
    "pg_ts_config_map": ("mapcfg", "pg_ts_config"),
}
"""Where pg_depend does not say it: the column with what a row goes with, and the catalog of that."""


def _owners(entry: Entry) -> Iterator[Key]:
    if entry.key.catalog in _OWNERS:
        column, catalog = _OWNERS[entry.key.catalog]
        yield Key(catalog, str(entry.raw.get(column)))


def _key_of(catalog: str, oid: int, column: int) -> Key:
    return Key("pg_attribute", f"{oid}:{column}") if column else Key(catalog, str(oid))
