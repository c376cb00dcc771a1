"""Tells what a target's ledger knows."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainsql.database import ledger
from mainsql.database.archives import read_archives
from mainsql.database.records import read_drift
from mainsql.errors import Refused
from mainsql.model import Archived, Attempt, History, SeenDrift, Version
from mainsql.operations.target import Target
from mainsql.plan.state import Held, held_units


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target stands, from its ledger alone.

    ``failure`` is the newest failed attempt on top of the current version, ``held`` is what was
    rolled back above it and not released, ``broken_links`` are versions that do not fit the row before
    them any more: somebody changed the ledger by hand. ``drift`` is what was seen to be otherwise than
    versions had left it, when the daemon looked last. ``standby`` says that nothing can be written there.
    """

    target: Target
    history: History
    failure: Attempt | None
    held: Sequence[Held]
    broken_links: Sequence[int]
    drift: SeenDrift | None = None
    standby: bool = False


def standing(target: Target) -> Standing:
    """How a target stands. Raises DatabaseUnavailable."""
    with target.reading() as session:
        history = ledger.read_history(session, target.tree)
        broken = ledger.broken_links(session, target.tree) if history.versions else []
        drift = read_drift(session, target.tree) if history.versions else None
        standby = session.is_standby()
    failures = [a for a in history.attempts if a.onto_version == history.number]
    newest = history.versions[-1].applied_at if history.versions else None
    failure = failures[-1] if failures and (newest is None or failures[-1].at > newest) else None
    seen = drift if drift and drift.report else None
    return Standing(target, history, failure, held_units(history), broken, seen, standby)


def history_of(target: Target) -> History:
    """All versions of a target's tree. Raises Refused when there are none, DatabaseUnavailable."""
    with target.reading() as session:
        history = ledger.read_history(session, target.tree)
    if not history.versions:
        raise Refused(f"nothing was deployed to {target.label} yet", hint="deploy it: mainsql deploy")
    return history


@dataclass(frozen=True, slots=True)
class Told:
    """A version, the script that takes it back, and the rows that it took away and that were kept."""

    version: Version
    undo_script: str | None
    archives: Sequence[Archived] = ()


def version_of(target: Target, number: int) -> Told:
    """All that is known of a version. Raises Refused when there is no such version."""
    with target.reading() as session:
        history = ledger.read_history(session, target.tree)
        found = next((v for v in history.versions if v.version == number), None)
        if found is None:
            raise Refused(
                f"{target.label} has no version {number}", hint="see `mainsql history` for those it has"
            )
        kept = [each for each in read_archives(session, target.tree) if each.version == number]
        return Told(found, ledger.undo_script(session, target.tree, number), kept)


def trees_in(target: Target) -> list[str]:
    """The names of the trees that a database's ledger holds."""
    with target.reading() as session:
        return ledger.tree_names(session)
