"""Whether a database has what a tree builds: what is missing, what is different, what it has beyond it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mainsql.undo.catalog import MEMBERSHIP, Entry, Json, Key, Snapshot
from mainsql.undo.wording import value, word

_PARENTS = {
    "pg_attrdef": (("pg_class", "adrelid"),),
    "pg_attribute": (("pg_class", "attrelid"),),
    "pg_constraint": (("pg_class", "conrelid"), ("pg_type", "contypid")),
    "pg_index": (("pg_class", "indexrelid"),),
    "pg_enum": (("pg_type", "enumtypid"),),
    "pg_policy": (("pg_class", "polrelid"),),
    "pg_rewrite": (("pg_class", "ev_class"),),
    "pg_sequence": (("pg_class", "seqrelid"),),
    "pg_trigger": (("pg_class", "tgrelid"),),
}
"""What an entry is a part of."""

_LONGEST = 300
"""Characters of a value that are shown."""


class Name(NamedTuple):
    """An entry as it is called in any database; ``number`` tells apart those that are called the same."""

    catalog: str
    kind: str
    identity: str
    number: int = 0

    def __str__(self) -> str:
        between = " on " if self.kind == "comment" else " "
        return f"{self.kind}{between}{self.identity}"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the tree builds it, and ``how``, property by property."""

    what: str
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What comes of holding a database against what a tree builds.

    ``lacking`` is what the tree builds and the database does not have, ``different`` what it has
    otherwise, also with a column, constraint, trigger, rule, policy or unique index more, or what
    the tree drops. ``reordered`` are columns that stand in another order, and ``beyond`` is what
    only the database has.
    """

    lacking: tuple[str, ...] = ()
    different: tuple[Difference, ...] = ()
    reordered: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the database has all that the tree builds, as it builds it."""
        return not self.lacking and not self.different


def covered(empty: Snapshot, built: Snapshot, there: Snapshot) -> Coverage:
    """What ``there`` has of what the tree made of ``empty``, which is now ``built``."""
    before, after, present = _named(empty), _named(built), _named(there)
    makes = {
        name: entry
        for name, entry in after.items()
        if name not in before or before[name].document != entry.document
    }
    # What only one of two major versions knows is not said by anybody.
    same_major = built.server_version // 10_000 == there.server_version // 10_000
    lacking, different, reordered = [], [], []
    for name, entry in makes.items():
        if name not in present:
            lacking.append(name)
        elif how := tuple(_differences(entry, present[name], same_columns=same_major)):
            different.append(Difference(str(name), how))
        elif entry.document.get("position") != present[name].document.get("position"):
            reordered.append(str(name))
    dropped = [name for name in before if name not in after and name in present]
    different += [Difference(str(name), ("the tree drops it",)) for name in _Kin(before).heads(dropped)]
    more = [name for name in present if name not in after and name not in before]
    kin = _Kin(present)
    parts = {name for name in more if kin.is_part(name) and kin.parent(name) in makes}
    different += [Difference(str(name), ("the tree has none",)) for name in parts]
    return Coverage(
        tuple(sorted(map(str, _Kin(after).heads(lacking)))),
        tuple(sorted(different, key=lambda each: each.what)),
        tuple(sorted(reordered)),
        tuple(sorted(str(name) for name in kin.heads(more) if name not in parts)),
    )


def _named(snapshot: Snapshot) -> Mapping[Name, Entry]:
    counts: Counter[tuple[str, str, str]] = Counter()
    found = {}
    for entry in snapshot.entries.values():
        key = (entry.key.catalog, entry.kind, entry.identity)
        found[Name(*key, counts[key])] = entry
        counts[key] += 1
    return found


class _Kin:
    """What belongs to what among the entries of a snapshot."""

    def __init__(self, entries: Mapping[Name, Entry]) -> None:
        self._entries = entries
        self._names = {entry.key: name for name, entry in entries.items()}
        self._called = {(name.kind, name.identity): name for name in entries}
        self._indexes = {
            entry.key.id: entry.raw for entry in entries.values() if entry.key.catalog == "pg_index"
        }

    def parent(self, name: Name) -> Name | None:
        """What an entry belongs to, if that is an entry, too."""
        entry = self._entries[name]
        raw, facts = entry.raw, entry.facts
        if raw.get("tgisinternal"):  # The server's own, for a constraint, be it that of another table.
            return self._names.get(Key("pg_constraint", str(raw.get("tgconstraint"))))
        if "object_identity" in facts:  # A comment, say.
            return self._called.get((str(facts.get("object_kind")), str(facts["object_identity"])))
        if (index := self._index(entry)) is not None:
            return self._names.get(Key("pg_class", str(index.get("indrelid"))))
        for catalog, column in _PARENTS.get(entry.key.catalog, ()):
            if (found := self._names.get(Key(catalog, str(raw.get(column))))) is not None:
                return found
        return None

    def is_part(self, name: Name) -> bool:
        """Whether what it belongs to means something else without it."""
        entry = self._entries[name]
        index = self._index(entry)
        if index is not None:
            return bool(index.get("indisunique"))
        return entry.key.catalog == MEMBERSHIP or (
            entry.key.catalog in _PARENTS and not entry.raw.get("tgisinternal")
        )

    def heads(self, names: Collection[Name]) -> Iterator[Name]:
        """Those that do not belong to another one of them."""
        among = set(names)
        return (name for name in names if self.parent(name) not in among)

    def _index(self, entry: Entry) -> Mapping[str, Json] | None:
        return self._indexes.get(entry.key.id) if entry.key.catalog == "pg_class" else None


def _differences(built: Entry, there: Entry, *, same_columns: bool) -> Iterator[str]:
    names = built.document.keys() | there.document.keys()
    if not same_columns:
        names = built.document.keys() & there.document.keys()
    for name in sorted(names - {"position"}):
        wanted, found = built.document.get(name), there.document.get(name)
        if wanted != found:
            is_there, is_built = (_shown(value(name, each)) for each in (found, wanted))
            yield f"{word(built.key.catalog, name)}: {is_there}; the tree makes it {is_built}"


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
