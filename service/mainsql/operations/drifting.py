"""Whether a database still is what its versions made of it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from mainsql.database import ledger
from mainsql.database.listening import Wake, Word, say
from mainsql.database.observing import named
from mainsql.database.proving import as_left, compared
from mainsql.database.records import leaving, read_drift, read_objects, record_drift
from mainsql.database.session import Session
from mainsql.errors import Drifted, Locked, Refused
from mainsql.model import History, OnDrift, Plan
from mainsql.operations.target import Target, whoami
from mainsql.operations.under_way import check_nothing_in_progress
from mainsql.undo.comparing import Comparison
from mainsql.undo.differences import lines
from mainsql.undo.recording import Name, Recorded, concerning, made_here, reordered, wanted_now

_LOOKS = 5
"""How often it is looked again because something was deployed meanwhile."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What is not as the ledger says that it should be after ``version``.

    ``objects`` is how many were looked at. ``unrecorded`` are versions of which the ledger does not
    know what they made: they were deployed with ``undo = "optional"``.
    """

    version: int
    comparison: Comparison
    objects: int
    unrecorded: tuple[int, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return bool(self.comparison.differences)

    def lines(self) -> tuple[str, ...]:
        """What is otherwise, for people."""
        return tuple(lines(self.comparison, ("the ledger", "the database")))


def check_drift(target: Target) -> Drift | None:
    """Looks for drift, and writes down in the ledger when it is not what was seen last; daemons hear of it.

    None where nothing was deployed yet. Raises DatabaseError.
    """
    with target.connect() as session:
        history = ledger.read_versions(session, target.tree)
        if not history.versions or history.progress is not None:
            return None  # what is in progress is recorded when it is complete
        drift = _undisturbed(session, target, history)
        seen = read_drift(session, target.tree)
        report = "\n".join(drift.lines())
        if report != (seen.report if seen else "") and not session.is_standby():
            record_drift(session, target.tree, drift.version, whoami(), report)
            # What was refused because of what is gone now can be deployed.
            say(session, Word(Wake.LOOK, target.tree))
        return drift


def refuse_drift(session: Session, target: Target, history: History, plan: Plan) -> None:
    """Raises Drifted when what a plan names was changed by other means, and the target wants that."""
    if target.on_drift is not OnDrift.REFUSE or not history.versions:
        return
    drift = drift_of(session, history, about=named(plan))
    if drift.found:
        raise Drifted(
            f"somebody has changed by other means what this commit is about in {target.label}:",
            reasons=drift.lines(),
            hint="change it back, and put it into the tree if it is to be so; "
            'or set on_drift = "report" for this target',
        )


def find_drift(target: Target) -> Drift:
    """Compares a target with what the ledger recorded. Raises Refused when there is nothing to compare with.

    Raises DatabaseError.
    """
    with target.connect() as session:
        history = ledger.read_versions(session, target.tree)
        if not history.versions:
            raise Refused(f"nothing was deployed to {target.label} yet", hint="deploy it: mainsql deploy")
        check_nothing_in_progress(target, history)
        return _undisturbed(session, target, history)


def _undisturbed(session: Session, target: Target, history: History) -> Drift:
    """As ``drift_of``; looked at again where a deploy or a rollback came in between. Raises DatabaseError.

    What others do to the catalogs and to the ledger is seen as soon as it is committed, both at once.
    """
    for _ in range(_LOOKS):
        drift = drift_of(session, history)
        before, history = history, ledger.read_versions(session, target.tree)
        if (before.versions, before.progress) == (history.versions, history.progress):
            return drift
        if history.progress is not None:
            break
    raise Locked(
        f"{target.label} is being deployed to, so it cannot be told what somebody else has changed",
        hint="look again when that is done",
    )


def drift_of(session: Session, history: History, about: Set[str] | None = None) -> Drift:
    """The same, on a session and a history that were read on it.

    ``about`` are the names of objects, where only some are to be looked at. Raises DatabaseError.
    """
    applied = {version.version: version.rolled_back is None for version in history.versions}
    made = read_objects(session, history.tree, applied)
    wanted = wanted_now((applied[number], objects) for number, objects in made)
    others: Set[Name] = frozenset()
    if about is not None:
        everything = wanted
        wanted = concerning(everything, about)
        others = everything.keys() - wanted.keys()
    if left := _left(session, history, made):
        wanted = as_left(session, wanted, {name: each for name, each in left.items() if name in wanted})
    known = made_here(objects for number, objects in made if applied[number])
    found = compared(session, wanted, known, others)
    found = found.whatever_order(reordered(objects for number, objects in made if not applied[number]))
    unrecorded = tuple(
        version.version
        for version in history.versions
        if version.rolled_back is None and version.objects is None
    )
    return Drift(history.number, found, len(wanted), unrecorded)


def _left(
    session: Session, history: History, made: Sequence[tuple[int, Sequence[Recorded]]]
) -> Mapping[Name, Recorded]:
    """What rollbacks may have left as it was, for an undo script said that there is nothing to take back."""
    back = {each.version: each.rolled_back.at for each in history.versions if each.rolled_back}
    if not back:
        return {}
    # A rollback of several versions is one: the script may be of another one than the unit.
    rollbacks = {back[version] for version in leaving(session, history.tree) if version in back}
    found: dict[Name, Recorded] = {}
    for number, objects in made:
        for each in objects:
            if number not in back:
                found.pop(each.name, None)
            elif back[number] in rollbacks:
                found[each.name] = each
    return found
