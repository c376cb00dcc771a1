"""Whether recorded objects are as they should be: after the versions that made them, or after these went."""

from collections.abc import Set

from mainsql.database import snapshot
from mainsql.database.session import Session
from mainsql.undo.comparing import Comparison, compare
from mainsql.undo.recording import Name, Records, as_wanted, by_name, only
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
    They are looked for under the OIDs that they had, and by name where that leads nowhere: what was
    dropped and made again has another one.
    """
    if not records:
        return Comparison()
    found = only(snapshot.entries(session, {each.key for each in records.values()}), records, known, others)
    there = by_name(found)
    if astray := [name for name in records if name not in there]:
        named = set().union(*(words(name.identity) for name in astray))
        found = found.joined(only(snapshot.concerning(session, named), records, known, others))
    return compare(as_wanted(records, found.server_version), found)
