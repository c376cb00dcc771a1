"""Whether a database still is what its versions made of it."""

from dataclasses import dataclass

from mainsql.database import ledger
from mainsql.database.proving import compared
from mainsql.database.records import read_objects
from mainsql.database.session import Session
from mainsql.errors import Refused
from mainsql.model import History
from mainsql.operations.target import Target
from mainsql.undo.comparing import Comparison
from mainsql.undo.recording import made_here, wanted_now


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


def find_drift(target: Target) -> Drift:
    """Compares a target with what the ledger recorded. Raises Refused when there is nothing to compare with.

    Raises DatabaseError.
    """
    with target.connect() as session:
        history = ledger.read_history(session, target.tree)
        if not history.versions:
            raise Refused(f"nothing was deployed to {target.label} yet", hint="deploy it: mainsql deploy")
        return drift_of(session, history)


def drift_of(session: Session, history: History) -> Drift:
    """The same, on a session and a history that were read on it. Raises DatabaseError."""
    applied = {version.version: version.rolled_back is None for version in history.versions}
    made = read_objects(session, history.tree, applied)
    wanted = wanted_now((applied[number], objects) for number, objects in made)
    known = made_here(objects for number, objects in made if applied[number])
    unrecorded = tuple(
        version.version
        for version in history.versions
        if version.rolled_back is None and version.objects is None
    )
    return Drift(history.number, compared(session, wanted, known), len(wanted), unrecorded)
