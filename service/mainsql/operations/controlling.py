"""What operators say about a target: pause, resume, accept a history. A word is a row in its ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from mainsql.database import controls, ledger, progress
from mainsql.database.listening import Wake, Word, say
from mainsql.database.session import Session
from mainsql.errors import Refused
from mainsql.model import History, Progress, Said, SegmentRecord, Trace, Undo, UndoKind
from mainsql.operations.locking import held_elsewhere
from mainsql.operations.target import Target, whoami
from mainsql.plan.segments import lone
from mainsql.plan.state import held_versions
from mainsql.script.render import render


def pause(target: Target, why: str) -> None:
    """Holds everything until ``resume``. Raises Refused when it is paused already, or has no ledger."""
    with _speaking(target) as session:
        history = _history(target, ledger.read_history(session, target.tree))
        if (word := history.paused) is not None:
            raise Refused(
                f"{target.label} is paused already: by {word.by} at {word.at:%Y-%m-%d %H:%M} ({word.why})",
                hint="mainsql resume releases it",
            )
        controls.record_control(session, target.tree, Said.PAUSED, whoami(), why)


def resume(target: Target, why: str) -> tuple[bool, int]:
    """Goes on after a pause or with what is in progress, and releases what was rolled back.

    Whether it was paused, and how many versions were held. Raises Refused when there is nothing to go
    on with.
    """
    with _speaking(target) as session:
        history = ledger.read_history(session, target.tree)
        held = held_versions(history)
        if not held and history.paused is None and history.progress is None:
            raise Refused(f"nothing is held in {target.label}", hint="see `mainsql status`")
        controls.record_control(session, target.tree, Said.RESUMED, whoami(), why)
    return history.paused is not None, len(held)


def say_of_statement(target: Target, why: str, *, done: bool) -> str:
    """Says of the statement of which nobody knows how it ended that it is done, or is to run again.

    The file that it is in. Raises Refused when there is no such statement, Locked while somebody is at work.
    """
    with _speaking(target) as session:
        if not session.try_lock(target.lock_key):
            raise held_elsewhere(session, target)
        under_way = ledger.read_versions(session, target.tree).progress
        record = under_way.next if under_way else None
        if under_way is None or record is None or not record.in_doubt:
            raise Refused(
                f"there is no statement in {target.label} of which it is not known how it ended",
                hint="see `mainsql status`",
            )
        if done:
            made = () if under_way.undoes else (_as_said(session, under_way, record),)
            progress.finish_segment(session, target.tree, record.position, whoami(), made, None)
        else:
            progress.forget_start(session, target.tree, record.position)
        controls.record_control(session, target.tree, Said.RESUMED, whoami(), why)
    return record.units[0]


def _as_said(session: Session, under_way: Progress, record: SegmentRecord) -> Trace:
    """What a statement did, as far as that is known: nobody has looked."""
    unit = record.units[0]
    undo = next(step.undo for step in under_way.steps if step.unit == unit)
    foreseen = progress.read_foreseen(session, under_way.tree, record.position)
    if undo.kind is not UndoKind.WRITTEN:
        reason = "a person said that it is done, and nobody has looked at what it did"
        undo = foreseen.undo if foreseen else Undo(UndoKind.MISSING, None, reason)
    return Trace(unit, render([lone(record).statement]), undo, timedelta(0))


def accept_history(target: Target, why: str) -> None:
    """Lets the next deploy go on from a commit that does not come after the applied one.

    Raises Refused when nothing was deployed.
    """
    with _speaking(target) as session:
        _history(target, ledger.read_history(session, target.tree))
        controls.record_control(session, target.tree, Said.ACCEPTED_HISTORY, whoami(), why)


@contextmanager
def _speaking(target: Target) -> Iterator[Session]:
    """A transaction for what an operator says; once it is committed, the daemons are woken."""
    with target.connect() as session:
        with session.transaction():
            yield session
        say(session, Word(Wake.LOOK, target.tree))


def _history(target: Target, history: History) -> History:
    if not history.versions:
        raise Refused(
            f"nothing was deployed to {target.label} yet", hint="its ledger comes with the first version"
        )
    return history
