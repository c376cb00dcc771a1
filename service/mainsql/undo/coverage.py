"""Whether a database has what a tree builds: what is missing, what is different, what it has beyond it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mainsql.undo.catalog import MEMBERSHIP, Entry, Key, Snapshot
from mainsql.undo.comparing import Difference, compare
from mainsql.undo.wording import value

Subject = tuple[str, str]
"""An object as it is called in any database: kind and identity."""

_OWNERS = {
    "pg_attribute": (("pg_class", "attrelid"),),
    "pg_constraint": (("pg_class", "conrelid"), ("pg_type", "contypid")),
    "pg_enum": (("pg_type", "enumtypid"),),
    "pg_policy": (("pg_class", "polrelid"),),
    "pg_rewrite": (("pg_class", "ev_class"),),
    "pg_trigger": (("pg_class", "tgrelid"),),
}
"""What an entry is a part of: that means something else with another such part."""

_LONGEST = 300
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Something that is not as the tree builds it, and ``how``, property by property."""

    what: str
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What comes of holding a database against what a tree builds.

    ``lacking`` is what the tree builds and the database does not have, ``different`` what it has
    otherwise, also with a column, constraint, trigger, rule, policy, label or unique index more, or
    what the tree drops. ``reordered`` are tables and types whose columns or labels stand in another
    order, ``beyond`` is what only the database has, ``notes`` say what could not be compared.
    """

    lacking: tuple[str, ...] = ()
    different: tuple[Otherwise, ...] = ()
    reordered: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the database has all that the tree builds, as it builds it."""
        return not self.lacking and not self.different


def covered(empty: Snapshot, built: Snapshot, there: Snapshot) -> Coverage:
    """What ``there`` has of what the tree made of ``empty``, which is now ``built``."""
    touched = {_subject(each): each for each in compare(empty, built).differences}
    dropped = {subject for subject, each in touched.items() if each.there == (True, False)}
    makes = (_subjects(built) - _subjects(empty)) | (touched.keys() - dropped)
    parts = _Parts(there)
    comparison = compare(there, built)
    lacking, different, reordered, beyond = [], [], [], []
    for each in comparison.differences:
        subject, what = _subject(each), f"{each.kind} {each.identity}"
        match each.there:
            case (False, True) if subject in makes:
                lacking.append(what)
            case (True, False) if subject in dropped:
                different.append(Otherwise(what, ("the tree drops it",)))
            case (True, False) if parts.owner(subject) in makes:
                different.append(Otherwise(what, ("the tree has none",)))
            case (True, False):
                beyond.append(what)
            case (True, True) if subject in makes and each.is_order:
                reordered.append(what)
            case (True, True) if subject in makes:
                different.append(Otherwise(what, tuple(_how(each))))
    return Coverage(tuple(lacking), tuple(different), tuple(reordered), tuple(beyond), comparison.notes)


def _subject(difference: Difference) -> Subject:
    return difference.kind, difference.identity


def _subjects(snapshot: Snapshot) -> set[Subject]:
    return {(entry.kind, entry.identity) for entry in snapshot.entries.values()}


class _Parts:
    """What in a database changes the meaning of what it belongs to."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._entries = snapshot.entries
        self._found = {(entry.kind, entry.identity): entry for entry in snapshot.entries.values()}

    def owner(self, subject: Subject) -> Subject | None:
        """What it is a part of; None for what stands for itself, such as an index that is not unique."""
        entry = self._found.get(subject)
        if entry is None:
            return None
        if entry.key.catalog == MEMBERSHIP:
            return str(entry.facts["object_kind"]), str(entry.facts["object_identity"])
        for key in self._owners(entry):
            if (owner := self._entries.get(key)) is not None:
                return owner.kind, owner.identity
        return None

    def _owners(self, entry: Entry) -> Iterator[Key]:
        index = self._entries.get(Key("pg_index", entry.key.id)) if entry.key.catalog == "pg_class" else None
        if index is not None and index.raw["indisunique"]:
            yield Key("pg_class", str(index.raw["indrelid"]))
        for catalog, column in _OWNERS.get(entry.key.catalog, ()):
            yield Key(catalog, str(entry.raw.get(column)))


def _how(difference: Difference) -> Iterator[str]:
    for change in difference.changes:
        there, built = (_shown(value(change.name, each)) for each in (change.before, change.after))
        yield f"{change.word}: {there}; the tree makes it {built}"


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
