"""The rows that versions of a target took away and that are kept there: lists them, and prunes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainsql.database import ledger
from mainsql.database.archives import now, prune, read_archives
from mainsql.database.session import Session
from mainsql.errors import MainsqlError, Refused
from mainsql.model import Archived, ArchiveLimits
from mainsql.operations.locking import take_lock
from mainsql.operations.target import Target, whoami
from mainsql.plan.archiving import beyond, needed


@dataclass(frozen=True, slots=True)
class Archives:
    """What is kept for a tree in a database, oldest first, without what was pruned.

    ``needed`` are those whose rows the undo of a live version puts back.
    """

    target: Target
    there: Sequence[Archived]
    needed: frozenset[Archived] = frozenset()

    @property
    def bytes(self) -> int:
        """How much it is in all."""
        return sum(each.kept.bytes for each in self.there)


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is pruned of ``archives``, oldest first, and by how many bytes the rest is more than allowed."""

    archives: Archives
    pruned: Sequence[Archived]
    over: int = 0


def archives_of(target: Target) -> Archives:
    """What is kept. Raises DatabaseUnavailable."""
    with target.connect() as session:
        return _read(session, target)


def preview_pruning(target: Target, limits: ArchiveLimits, *, force: bool = False) -> Pruning:
    """What goes beyond these limits, unless an undo needs it; with ``force`` also then.

    Raises DatabaseUnavailable.
    """
    with target.connect() as session:
        return _plan(session, target, limits, force=force)


def prune_archives(
    target: Target,
    limits: ArchiveLimits,
    *,
    why: str,
    force: bool = False,
    expected: Pruning | None = None,
) -> Pruning:
    """Drops what ``preview_pruning`` says, in one transaction.

    What an undo needs is emptied, so that the undo still runs; the rollback says then what it does not
    bring back. Raises Refused when it is not what was ``expected``, Locked, DatabaseError.
    """
    with target.connect() as session:
        try:
            take_lock(session, target)
            found = _plan(session, target, limits, force=force)
            if expected is not None and list(found.pruned) != list(expected.pruned):
                raise Refused(
                    f"what is kept for {target.label} has changed since it was shown",
                    hint="look at it again: mainsql archives",
                )
            for each in found.pruned:
                prune(session, each, whoami(), why, needed=each in found.archives.needed)
            session.commit()
        except MainsqlError as error:
            session.rollback()
            error.outcome = error.outcome or f"Nothing was changed: {target.label} has all that it had."
            raise
        return found


def _plan(session: Session, target: Target, limits: ArchiveLimits, *, force: bool) -> Pruning:
    archives = _read(session, target)
    found = beyond(archives.there, archives.needed, limits, now(session), force=force)
    left = archives.bytes - sum(each.kept.bytes for each in found)
    return Pruning(archives, found, 0 if limits.size is None else max(left - limits.size, 0))


def _read(session: Session, target: Target) -> Archives:
    there = tuple(each for each in read_archives(session, target.tree) if each.dropped is None)
    if not there:
        return Archives(target, ())
    return Archives(target, there, needed(ledger.read_history(session, target.tree), there))
