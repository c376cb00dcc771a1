"""What came of bringing a target up to a commit."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from mainsql.errors import MainsqlError
from mainsql.model import Commit, Note


class State(StrEnum):
    """How a target stands after it was reconciled."""

    UP_TO_DATE = "up to date"
    """It has all that the newest commit says."""
    FAILED = "failed"
    """The newest commit failed on it, and is not tried again."""
    REFUSED = "refused"
    """The newest commit needs a person."""
    PAUSED = "paused"
    """A person holds it: whatever it lacks follows when it is resumed."""
    IN_PROGRESS = "in progress"
    """A version or a rollback has been begun, and a person is needed for it to go on."""
    BEHIND = "behind"
    """It was asked to stop before it was up to date; what is missing follows at the next start."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A version that was just committed.

    ``statements`` is how many of them ran, ``notes`` are what the server and ``\\\\echo`` said. ``lacks`` are
    the units that cannot be taken back, each with the reason.
    """

    version: int
    commit: Commit
    duration: timedelta
    statements: int
    notes: tuple[Note, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of reconciling a target: what was deployed, oldest first, and how it stands now.

    ``report`` is the text of the failure or refusal, or who paused it, since when and why.
    ``interrupted`` is an error that came after some versions were deployed: it counts as if it had
    been raised, and ``state`` and ``report`` say nothing.
    """

    state: State
    version: int
    deployed: tuple[Deployed, ...] = ()
    report: str | None = None
    interrupted: MainsqlError | None = None
