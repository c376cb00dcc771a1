"""Watches a version run: what it changed in the catalogs and in rows, and what takes that back."""

from dataclasses import dataclass, replace

from mainsql.database import snapshot
from mainsql.database.dropped import dropped_by_others
from mainsql.database.effects import Rows, read_rows, row_effects
from mainsql.database.keeping import Keeper
from mainsql.database.savepoints import as_itself
from mainsql.database.session import Session
from mainsql.model import Kept, Plan, Undo, UndoKind
from mainsql.plan.undoing import Found, Part, keeping_units, parts, split
from mainsql.undo.archive import NOTHING
from mainsql.undo.catalog import Key, Snapshot
from mainsql.undo.dump import Definitions
from mainsql.undo.inverse import (
    Derived,
    Impossible,
    NeedsDefinitions,
    NeedsEntries,
    NeedsRows,
    derive,
    still_to_keep,
)
from mainsql.undo.keeping import Taken
from mainsql.undo.moments import completed
from mainsql.undo.recording import Recorded, record
from mainsql.undo.words import words


@dataclass(frozen=True, slots=True)
class Foresight:
    """What is read before a version runs, so that what it does can be told afterwards.

    ``keys`` are read beside what its text names. ``definitions`` is what pg_dump says of all that is
    there; None where that was not asked for, and a text where it cannot be had: the reason. The rows
    that will be ``taken`` are kept.
    """

    keys: frozenset[Key] = frozenset()
    definitions: Definitions | str | None = None
    taken: frozenset[Taken] = frozenset()

    def beside(self, short: "FellShort", definitions: Definitions | str | None) -> "Foresight":
        """With what was lacking, too; ``definitions`` are known by now, if they are."""
        return Foresight(self.keys | short.keys, definitions, self.taken | short.taken)


class FellShort(Exception):
    """What was read before the version ran is not enough to say what it did.

    It has to be rolled back and run again, with these ``keys`` read, what is ``taken`` kept and, where
    it says so, the ``definitions`` of what is there.
    """

    def __init__(
        self,
        *,
        keys: frozenset[Key] = frozenset(),
        definitions: bool = False,
        taken: frozenset[Taken] = frozenset(),
    ) -> None:
        super().__init__(keys, definitions, taken)
        self.keys = keys
        self.definitions = definitions
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Moment:
    """What is there between two statements."""

    catalogs: Snapshot
    rows: Rows


class Observer:
    """Is told when each part of a plan begins, and when all have run; then it has seen what they did.

    Everything is read in the transaction of the version itself. Raises FellShort, DatabaseError.
    """

    def __init__(
        self,
        session: Session,
        plan: Plan,
        foresight: Foresight,
        *,
        keeps_data: bool = False,
        segment: int = 1,
    ) -> None:
        self._session = session
        self._foresight = foresight
        self._words = named(plan)
        self._parts = parts(plan)
        self._split = split(self._parts)
        self._found: list[Found] = []
        self.before = self._first = self._moment(self._ahead())
        self._open: Part | None = None
        self._keeping = keeping_units(plan, everywhere=keeps_data)
        self._keeper = Keeper(session, plan.tree.name, plan.version, segment)

    def keep(self) -> None:
        """Keeps what is known to be taken away. Nothing may have run before. Raises StatementError."""
        self._keeper.keep(self._first.catalogs, self._foresight.taken)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The rows that were kept."""
        return self._keeper.kept

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the plan."""
        return self._parts

    def begins(self, part: Part) -> None:
        """A part of the plan is about to run."""
        if self._open is not None or part is not self._parts[0]:
            now = self._touched()
            self._close(now)
            self.before = self._moment(now.catalogs.joined(self._ahead()))
        self._open = part if part.derives or self._keeps(part) else None

    def ends(self) -> tuple[tuple[Found, ...], tuple[Recorded, ...]]:
        """All has run: what was derived, and what became of each object."""
        now = self._touched()
        self._close(now)
        if lacking := self._first.catalogs.lacking(now.catalogs):
            raise FellShort(keys=lacking)
        return tuple(self._found), record(*completed(self._first.catalogs, now.catalogs))

    def _ahead(self) -> Snapshot:
        """What the scripts may be about, as it is now: a guess that is seldom too small."""
        with as_itself(self._session):
            found = snapshot.concerning(self._session, self._words)
            if keys := self._foresight.keys | {each.key for each in self._foresight.taken}:
                found = found.joined(snapshot.entries(self._session, keys))
            return found

    def _touched(self) -> Moment:
        with as_itself(self._session):
            found = snapshot.touched(self._session)
            others = dropped_by_others(self._session, self._first.catalogs.keys - found.keys)
            # As what others have made is not counted, so what they have dropped counts as there.
            return self._moment(replace(found, keys=found.keys | others) if others else found)

    def _moment(self, catalogs: Snapshot) -> Moment:
        return Moment(catalogs, read_rows(self._session, catalogs))

    def _close(self, now: Moment) -> None:
        if (part := self._open) is None:
            return
        if not part.derives:
            self._keep_unasked(self.before, now)
            return
        whole = [unit for unit in part.units if unit not in self._split]
        if len(whole) < len(part.units):
            why = "its statements stand before and after those of a file with an undo script of its own"
            self._found.append(Found(part.units, _missing(why)))
        else:
            undo = self._derived(self.before, now, keeps=self._keeps(part))
            self._found.append(Found(part.units, undo))

    def _keeps(self, part: Part) -> bool:
        return not self._keeping.isdisjoint(part.units)

    def _there(self, rows: frozenset[Taken]) -> frozenset[Taken]:
        """Of these, what can be kept: what the version itself has made was not there before."""
        return frozenset(each for each in rows if each.key in self._first.catalogs.keys)

    def _keep_unasked(self, before: Moment, now: Moment) -> None:
        """Keeps what is taken away, although the undo is a written one, and knows nothing of it."""
        if lacking := before.catalogs.lacking(now.catalogs):
            raise FellShort(keys=lacking)
        sides = completed(before.catalogs, now.catalogs)
        match still_to_keep(*sides, self._keeper.archive(*sides)):
            case NeedsRows(rows) if there := self._there(rows):
                raise FellShort(taken=there)
            case NeedsEntries(keys, _):
                raise FellShort(keys=keys)

    def _derived(self, before: Moment, now: Moment, *, keeps: bool) -> Undo:
        if lacking := before.catalogs.lacking(now.catalogs):
            raise FellShort(keys=lacking)
        known = self._foresight.definitions
        definitions = known if isinstance(known, Definitions) else None
        effects = row_effects((before.catalogs, before.rows), (now.catalogs, now.rows))
        sides = completed(before.catalogs, now.catalogs)
        archive = self._keeper.archive(*sides) if keeps else NOTHING
        found = derive(*sides, definitions, archive)
        if isinstance(found, NeedsRows) and not self._there(found.taken):
            found = derive(*sides, definitions, replace(archive, keeps=False))
        match found:
            case Derived((), losses):
                lost = (*losses, *effects)
                return _missing(f"{', '.join(lost)} were changed") if lost else Undo(UndoKind.NOTHING, "")
            case Derived(statements, losses):
                script = "".join(f"{statement};\n" for statement in statements)
                return Undo(UndoKind.DERIVED, script, losses=(*losses, *effects))
            case Impossible(reasons):
                return _missing("; ".join(reasons))
            case NeedsDefinitions(objects):
                if isinstance(known, str):
                    return _missing(f"{', '.join(objects)}: what made it is not known: {known}")
                raise FellShort(definitions=True)
            case NeedsRows(_, objects) if objects and isinstance(known, str):
                return _missing(f"{', '.join(objects)}: what made it is not known: {known}")
            case NeedsRows(rows, objects):
                raise FellShort(taken=self._there(rows), definitions=bool(objects))
            case NeedsEntries(keys, _):
                raise FellShort(keys=keys)


def named(plan: Plan) -> frozenset[str]:
    """All that may be the name of an object in what a plan runs."""
    scripts = [plan.program, *(removal.statements for removal in plan.removals)]
    return frozenset(word for script in scripts for each in script for word in words(each.text))


def _missing(reason: str) -> Undo:
    return Undo(UndoKind.MISSING, None, reason)
