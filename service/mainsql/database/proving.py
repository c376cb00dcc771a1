"""Whether recorded objects are as they should be: after the versions that made them, or after these went."""

from collections.abc import Iterable, Sequence, Set

from mainsql.database import snapshot
from mainsql.database.session import Session
from mainsql.model import Undo, UndoKind
from mainsql.undo.catalog import Snapshot
from mainsql.undo.comparing import Comparison, compare
from mainsql.undo.recording import (
    Name,
    Recorded,
    Records,
    as_wanted,
    by_name,
    only,
    wanted_after,
    wanted_before,
)
from mainsql.undo.words import words


def compared(
    session: Session,
    records: Records,
    known: Set[Name] = frozenset(),
    others: Set[Name] = frozenset(),
) -> Comparison:
    """What of the recorded objects is not as it should be. Raises DatabaseError.

    Of the relations that are ``known`` in full, nothing more may be there than what is recorded, be it
    here or among the ``others``.
    """
    if not records:
        return Comparison()
    found = _present(session, records, known, others)
    return compare(as_wanted(records, found.server_version), found, one_database=True)


def taken_back(
    session: Session, versions: Sequence[Sequence[Recorded]], undone: Iterable[Undo]
) -> Comparison:
    """What is not as it was before these versions, oldest first, now that their undo has run.

    Where somebody wrote of a unit that there is nothing to take back (an empty script), what these
    versions made may stay as they made it. Raises DatabaseError.
    """
    records = wanted_before(versions)
    if any(undo.kind is UndoKind.WRITTEN and not undo.script for undo in undone):
        records = as_left(session, records, wanted_after(versions))
    return compared(session, records)


def as_left(session: Session, records: Records, made: Records) -> Records:
    """The records, but what is there as it was ``made`` may stay so. Raises DatabaseError."""
    there = by_name(_present(session, made)) if made else {}
    left = {name: each for name, each in made.items() if name in there and there[name].document == each.after}
    return {**records, **left}


def _present(
    session: Session,
    records: Records,
    known: Set[Name] = frozenset(),
    others: Set[Name] = frozenset(),
) -> Snapshot:
    """The recorded objects as they are now.

    They are looked for under the OIDs that they had, and by name where that leads nowhere: what was
    dropped and made again has another one.
    """
    found = only(snapshot.entries(session, {each.key for each in records.values()}), records, known, others)
    there = by_name(found)
    if astray := [name for name in records if name not in there]:
        named = set().union(*(words(name.identity) for name in astray))
        found = found.joined(only(snapshot.concerning(session, named), records, known, others))
    return found
