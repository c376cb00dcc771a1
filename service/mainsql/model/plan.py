"""What a commit would do to a target, and a rollback."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mainsql.errors import Place
from mainsql.model.commit import Commit, Signer
from mainsql.model.script import Note, Statement, Tree


class Action(StrEnum):
    """What one version does for one unit."""

    RUN = "run"
    """It is new: all of it runs."""
    RERUN = "rerun"
    """It is repeatable and changed, says ``always``, or the tree is applied whole: all runs again."""
    APPEND = "append"
    """What was applied is a prefix of it: the rest runs."""
    UNDO = "undo"
    """Nothing runs; its undo script is new or changed, and is recorded."""
    MOVE = "move"
    """Nothing runs; it has another path than before."""
    REMOVE = "remove"
    """It is gone from the tree: what was applied of it is taken back."""
    REVERT = "revert"
    """It is again as it was before it grew: what ran since is taken back."""
    ACCEPT = "accept"
    """Nothing runs; a person said that what is there now is what its text says."""


class OnRemoved(StrEnum):
    """What becomes of a unit that is applied, and not in the tree any more."""

    KEEP = "keep"
    """It stays applied, and is reported."""
    UNDO = "undo"
    """It is taken back, by the undo scripts that were recorded with it; so is what it had grown by."""
    REFUSE = "refuse"
    """A person must decide."""


class UndoKind(StrEnum):
    """How a step, or a whole version, can be taken back; the best first."""

    NOTHING = "nothing"
    """There is nothing to take back."""
    WRITTEN = "written"
    """By a script that a person wrote."""
    DERIVED = "derived"
    """By a script that was derived from the catalogs, before and after."""
    PREVIOUS = "previous"
    """By running the text that was there before again."""
    MISSING = "missing"
    """Not at all, for the reason that is recorded with it."""


class OnDrift(StrEnum):
    """What becomes of a deploy to a database in which somebody has changed what the deploy is about."""

    REPORT = "report"
    """It goes on."""
    REFUSE = "refuse"
    """A person must decide."""


class UndoPolicy(StrEnum):
    """What a target demands of the undo of its versions."""

    REQUIRED = "required"
    """A version that cannot be taken back, or whose undo fails when it is tried, is refused."""
    DERIVED = "derived"
    """What nobody wrote is derived; what cannot be is recorded with the reason."""
    OPTIONAL = "optional"
    """Nothing is derived: there is what people wrote."""


class Proof(StrEnum):
    """What is known of an undo script because it was run, and the catalogs were compared."""

    UNPROVEN = "unproven"
    """Nobody has tried it."""
    PROVEN = "proven"
    """It leads back to what was there before."""
    ORDER = "proven but for order"
    """It leads back, but columns stand in another order."""
    LOSSY = "lossy"
    """It leads back, but does not bring rows back that it says it does not."""
    FAILED = "failed"
    """It does not lead back."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The script that takes a step back, flat SQL with its origins as comments, or why there is none.

    ``together`` are the units that one derived script takes back, where it is more than one; the
    first of them has it. The script of the others is empty, and the first alone is their ``together``:
    with all of them there, thousands of units would be millions of names. ``losses`` is what is not
    as it was after it, in words: rows that it does not bring back.
    """

    kind: UndoKind
    script: str | None = None
    reason: str | None = None
    together: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()


def undo_of(steps: Sequence[tuple[Action, Undo]]) -> Undo:
    """How a version of these steps is taken back: by their scripts in reverse, if each has one.

    What only records the undo script of an earlier version has nothing to take back itself.
    """
    undos = [undo for action, undo in steps if action is not Action.UNDO]
    missing = [undo.reason for undo in undos if undo.kind is UndoKind.MISSING]
    if missing:
        return Undo(UndoKind.MISSING, None, "; ".join(filter(None, missing)))
    worst = max((undo.kind for undo in undos), key=list(UndoKind).index, default=UndoKind.NOTHING)
    losses = tuple(loss for undo in undos for loss in undo.losses)
    return Undo(worst, "".join(undo.script or "" for undo in reversed(undos)), losses=losses)


@dataclass(frozen=True, slots=True)
class Step:
    """What a plan does for one unit: which of its statements run, and how they are taken back.

    ``digests`` are those of all its statements, as the ledger will know the unit from then on, and
    ``undo_digest`` is that of the undo script beside it. ``undo_body`` is the undo script without
    what sets the stage for it. ``moved_from`` is the name under which it was applied before.
    """

    unit: str
    action: Action
    statements: tuple[Statement, ...]
    digests: tuple[str, ...]
    undo: Undo
    undo_digest: str | None = None
    undo_body: str | None = None
    moved_from: str | None = None

    @property
    def takes_back(self) -> bool:
        """Whether its statements are undo scripts of earlier versions."""
        return self.action in (Action.REMOVE, Action.REVERT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit would do to a target.

    ``program`` is all that runs, in order, stage included. ``kept`` are units that left the tree
    but stay applied. ``onto`` is the version that is there before, 0 for none. ``notes`` are what a
    reader of the plan should know. ``removals`` are undo scripts that run before the program.
    ``signer`` is whose signature of the commit was verified, None where that is not asked for.
    """

    tree: Tree
    commit: Commit
    onto: int
    version: int
    steps: tuple[Step, ...]
    program: tuple[Statement, ...]
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    removals: tuple["RollbackStep", ...] = ()
    signer: Signer | None = None

    @property
    def undo(self) -> Undo:
        """How the version is taken back."""
        return undo_of([(step.action, step.undo) for step in self.steps])


@dataclass(frozen=True, slots=True)
class UpToDate:
    """The target has all that the commit says. ``kept`` are units that left the tree but stay applied."""

    version: int
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason why a plan needs a person: the unit, what is the matter, and the way out.

    ``difference`` shows what was applied (``- ``) against what is there now (``+ ``), line by line.
    """

    unit: str | None
    reason: str
    hint: str
    place: Place | None = None
    difference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A plan that needs a person. It lists every objection, not only the first."""

    commit: Commit | None
    version: int
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class RollbackStep:
    """One undo script to run: that of ``unit`` in ``version``, as statements."""

    version: int
    unit: str
    kind: UndoKind
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Rollback:
    """How to take a target back: the undo scripts in the order in which they run.

    ``losses`` is what is not as it was before, in words; ``pruned`` is what of it was kept once.
    """

    tree: str
    from_version: int
    to_version: int
    versions: tuple[int, ...]
    steps: tuple[RollbackStep, ...]
    losses: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
