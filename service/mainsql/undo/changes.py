"""What a version did to the catalogs: what it created, what it dropped, what it changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from mainsql.undo import fields
from mainsql.undo.catalog import SYSTEM_ACL, Entry, Key
from mainsql.undo.side import Side

_NOT_TOLD = frozenset({"pg_db_role_setting", "pg_database", SYSTEM_ACL})
"""Catalogs of which all rows are read, and nothing says who wrote one."""


class Irreversible(Exception):
    """Something cannot be taken back; the message names the object and says why."""


@dataclass(frozen=True)
class Changes:
    """The two sides, and what differs between them.

    ``recreated`` is in both and so changed that nothing leads back but to drop it and make it again: it
    counts as ``created`` and as ``vanished``. ``changed`` has what can be altered.
    """

    before: Side
    after: Side
    created: frozenset[Key]
    vanished: frozenset[Key]
    changed: frozenset[Key]
    recreated: frozenset[Key] = frozenset()

    def again(self, recreated: Iterable[Key]) -> "Changes":
        """The same, with these made again, and with them all that goes when they are dropped."""
        keys = frozenset(recreated)
        gone = keys.union(*(self.before.held(key) for key in keys))
        return replace(
            self,
            created=self.created | (keys & self.after.snapshot.keys),
            vanished=self.vanished | gone,
            changed=self.changed - gone,
            recreated=self.recreated | keys,
        )

    def is_created(self, key: Key) -> bool:
        """Whether it has to be dropped."""
        return key in self.created

    def stands_alone(self, relation: Key) -> bool:
        """Whether a table has no parent while an undo runs: it got one, lost one, or gets it anew."""
        inheritances = (*self.before.parents(relation), *self.after.parents(relation))
        return any(key in self.created or key in self.vanished for key in inheritances)

    def survives(self, key: Key) -> bool:
        """Whether it is on both sides and stays the same object."""
        return key in self.before and key in self.after and key not in self.vanished

    def pair(self, key: Key) -> tuple[Entry, Entry]:
        """What it was, and what it is."""
        return self.before[key], self.after[key]

    @cached_property
    def created_columns(self) -> Mapping[str, tuple[Key, ...]]:
        """The columns that are new, by the OID of their relation."""
        found: dict[str, list[Key]] = defaultdict(list)
        for key in self.created:
            if key.catalog == "pg_attribute":
                found[fields.ids(key)[0]].append(key)
        return {relation: tuple(columns) for relation, columns in found.items()}


def changes(before: Side, after: Side) -> Changes:
    """Compares two sides. Raises Missing."""
    created = frozenset(after.snapshot.keys - before.snapshot.keys)
    vanished = frozenset(before.snapshot.keys - after.snapshot.keys)
    changed = frozenset(key for key in written(before, after) if _differ(before[key], after[key]))
    return Changes(before, after, created, vanished, changed)


def written(before: Side, after: Side) -> Iterator[Key]:
    """What is on both sides and may have changed: what the version wrote, as far as that is known."""
    entries, touched = after.snapshot.entries, after.snapshot.touched
    for key in entries:
        known = touched is None or key in touched or key.catalog in _NOT_TOLD
        if known and key in before:
            yield key


def server_wide(changes: Changes) -> Iterator[str]:
    """What is of the whole server and changed: an undo of one database leaves it as it is, and says so."""
    were, are = (side.snapshot.server_wide for side in (changes.before, changes.after))
    for name in sorted(were.keys() | are.keys()):
        if were.get(name) != are.get(name):
            what = "created" if name not in were else "dropped" if name not in are else "changed"
            yield f"{name}, which was {what}: it is of the whole server"


def _differ(before: Entry, after: Entry) -> bool:
    if before.key.catalog == SYSTEM_ACL or not (before.raw and after.raw):
        return before.document != after.document
    return before.raw != after.raw or before.document.get("toast") != after.document.get("toast")
