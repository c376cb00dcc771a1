"""Snapshot before + after → the statements that take a version back, or why there are none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from mainsql.undo import clearing, lacking, names, ordering, recreating, restoring
from mainsql.undo.altering import columns, dispatching, textsearch, values
from mainsql.undo.archive import NOTHING, Archive
from mainsql.undo.catalog import Key, Snapshot
from mainsql.undo.changes import Changes, Irreversible, changes, server_wide, written
from mainsql.undo.dump import Definitions
from mainsql.undo.keeping import Taken, taken
from mainsql.undo.restoring import Restored
from mainsql.undo.side import Missing, Side
from mainsql.undo.steps import Last, Loss, Move, Part, Rename, Step


@dataclass(frozen=True, slots=True)
class Derived:
    """The statements that take a version back, in order, each without its semicolon.

    They name everything with its schema. ``losses`` says what does not come back, in words; ``changed``
    are the entries that the version created, dropped or changed.
    """

    statements: tuple[str, ...]
    losses: tuple[str, ...] = ()
    changed: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Impossible:
    """Nothing leads back: for each object the reason."""

    reasons: tuple[str, ...]
    changed: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class NeedsDefinitions:
    """Something has to be made again: what pg_dump writes before the version is needed."""

    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedsEntries:
    """Entries of the snapshots that have to be read before anything can be said."""

    before: frozenset[Key]
    after: frozenset[Key]


@dataclass(frozen=True, slots=True)
class NeedsRows:
    """Rows and values have to be kept before the version, and ``objects`` as for NeedsDefinitions."""

    taken: frozenset[Taken]
    objects: tuple[str, ...] = ()


Answer = TypeVar("Answer")
Derivation = Derived | Impossible | NeedsDefinitions | NeedsEntries | NeedsRows

SETTINGS = ("SET LOCAL search_path = ''", "SET LOCAL check_function_bodies = off")
"""What an undo begins with; whoever runs it resets the session afterwards."""


def derive(
    before: Snapshot, after: Snapshot, definitions: Definitions | None, archive: Archive = NOTHING
) -> Derivation:
    """What takes back all that is different in ``after``.

    Both are of one database, ``before`` from right before the version and ``after`` from its
    transaction. ``definitions`` are those of before; None is enough when nothing vanished. ``archive``
    is what was kept, and whether more should be.
    """
    return _found(before, after, lambda found: _Derivation(found, definitions, archive).result())


def still_to_keep(before: Snapshot, after: Snapshot, archive: Archive) -> NeedsRows | NeedsEntries | None:
    """What is taken away and is not in the ``archive``, where no undo is derived; None where nothing is."""

    def look(found: Changes) -> NeedsRows | None:
        wanted = _not_kept(found, archive)
        return NeedsRows(wanted) if wanted else None

    return _found(before, after, look)


def _found(before: Snapshot, after: Snapshot, look: Callable[[Changes], Answer]) -> Answer | NeedsEntries:
    sides = Side(before), Side(after)
    if (missing := _missing(*sides)) is not None:
        return missing
    try:
        return look(changes(*sides))
    except Missing as miss:
        return NeedsEntries(
            *(frozenset(miss.keys & side.keys - side.entries.keys()) for side in (before, after))
        )


def _not_kept(changes: Changes, archive: Archive) -> frozenset[Taken]:
    """What should have been kept, and can be."""
    if not archive.keeps:
        return frozenset()
    return frozenset(each for each in taken(changes) if each.row is not None and not archive.has(each.key))


def _missing(before: Side, after: Side) -> NeedsEntries | None:
    """What is certain to be needed: all that differs."""
    was, is_now = before.snapshot, after.snapshot
    differing = {*(was.keys - is_now.keys), *written(before, after)}
    created = is_now.keys - was.keys
    missing = NeedsEntries(
        frozenset(differing - was.entries.keys()), frozenset(created - is_now.entries.keys())
    )
    return missing if missing.before or missing.after else None


@dataclass
class _Parts:
    """What was found, by what becomes of it, where the ``archive`` has been kept."""

    archive: Archive
    steps: list[Step] = field(default_factory=list)
    renames: list[Rename] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def take(self, parts: Iterable[Part]) -> None:
        """Takes them all, or the reason why one cannot be had."""
        try:
            for part in parts:
                match part:
                    case Step():
                        self.steps.append(part)
                    case Rename():
                        self.renames.append(part)
                    case Move():
                        self.moves.append(part)
                    case Last(statement):
                        self.last.append(statement)
                    case Loss(what, key):
                        if key is None or not self.archive.has(key):
                            self.losses.append(what)
        except Irreversible as reason:
            self.reasons.append(str(reason))


class _Derivation:
    """One derivation, step by step."""

    def __init__(self, found: Changes, definitions: Definitions | None, archive: Archive) -> None:
        self._found = found
        self._definitions = definitions
        self._archive = archive
        self._parts = _Parts(archive)

    def result(self) -> Derivation:
        """The derivation, if nothing is missing. Raises Missing."""
        touched = self._found.created | self._found.vanished | self._found.changed
        try:
            changes = recreating.recreated(self._found)
        except Irreversible as reason:
            return Impossible((str(reason),), touched)
        needed = restoring.undefined(changes) if self._definitions is None else ()
        if lacking_rows := _not_kept(changes, self._archive):
            return NeedsRows(lacking_rows, needed)
        if needed:
            return NeedsDefinitions(needed)
        definitions = self._definitions or Definitions(())
        restored = restoring.chosen(changes, definitions)
        parts = self._parts
        dropped = clearing.cleared(changes, parts.reasons)
        for again in restoring.without_definition(changes, restored, self._archive, definitions.lacking):
            parts.take(again)
        for key in sorted(changes.changed):
            parts.take(dispatching.alterations(changes, key))
        parts.take(columns.defaults(changes))
        parts.losses += server_wide(changes)
        parts.take(textsearch.alterations(changes))
        parts.take(values.changed_back(changes, self._archive))
        parts.take(restoring.restarted(changes))
        parts.reasons += lacking.reasons(changes, self._archive)
        made = self._made(changes, restored)
        if parts.reasons:
            return Impossible(tuple(dict.fromkeys(parts.reasons)), touched)
        schemas = [text for text in made if text.startswith("CREATE SCHEMA ")]
        statements = (
            *dropped.first,
            *dropped.aside,
            *names.statements([name for name in parts.renames if name.kind == "pg_namespace"]),
            *schemas,
            *names.statements([name for name in parts.renames if name.kind != "pg_namespace"], parts.moves),
            *(text for text in made if not text.startswith("CREATE SCHEMA ")),
            *parts.last,
            *dropped.late,
        )
        losses = tuple(dict.fromkeys(parts.losses))
        return Derived((*SETTINGS, *statements) if statements else (), losses, touched)

    def _made(self, changes: Changes, restored: list[Restored]) -> list[str]:
        """Definitions in the order of the dump, and alterations before what needs what they change."""
        texts: list[tuple[str, ...]] = []
        for each in restored:
            place = len(self._parts.steps)
            self._parts.take(restoring.contents(changes, each, self._archive))
            filled = self._parts.steps[place:]
            del self._parts.steps[place:]
            contents = (text for step in filled for text in step.statements)
            texts.append((*restoring.statements(changes, each), *contents))
        self._parts.last += restoring.refreshes(changes, restored)
        order = ordering.interleaved(changes.before, [each.key for each in restored], self._parts.steps)
        return [
            text
            for place in order
            for text in (place.statements if isinstance(place, Step) else texts[place])
        ]
