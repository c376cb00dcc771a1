"""What the ledger knows: versions, their steps, and attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mainsql.model.commit import Commit, Signer
from mainsql.model.plan import Action, Proof, Undo, UndoKind
from mainsql.model.segments import SegmentKind


@dataclass(frozen=True, slots=True)
class AppliedStep:
    """A row of ``mainsql.steps``. ``script`` is the flat SQL that ran, or that was accepted.

    ``later`` is an undo script that was recorded for it since, if that is known here.
    """

    position: int
    unit: str
    action: Action
    digests: tuple[str, ...]
    script: str
    undo: Undo
    undo_digest: str | None
    duration: timedelta
    moved_from: str | None = None
    later: Undo | None = None


@dataclass(frozen=True, slots=True)
class RolledBack:
    """When, by whom and why a version was taken back."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Version:
    """A row of ``mainsql.versions``: the n-th change of a tree in a database.

    ``objects`` is how many objects it touched, None where nobody looked. ``signer`` is whose
    signature of its commit was verified, None where that was not asked for.
    """

    tree: str
    version: int
    commit: Commit
    applied_at: datetime
    applied_by: str
    duration: timedelta
    digest: str
    transaction_id: int
    undo_kind: UndoKind
    steps: tuple[AppliedStep, ...] = ()
    rolled_back: RolledBack | None = None
    proof: Proof = Proof.UNPROVEN
    objects: int | None = None
    signer: Signer | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of ``mainsql.attempts``: a deployment that failed and left nothing behind."""

    commit_id: str
    onto_version: int
    at: datetime
    by: str
    error: str
    sqlstate: str | None


@dataclass(frozen=True, slots=True)
class SeenDrift:
    """The newest row of ``mainsql.drifts``: what is otherwise than ``version`` had left it, line by line."""

    version: int
    at: datetime
    by: str
    report: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What a segment did for one unit: the SQL that ran, and how that is taken back."""

    unit: str
    script: str
    undo: Undo
    duration: timedelta


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A row of ``mainsql.segments``.

    ``script`` is the statement that runs alone, behind what sets the stage for it; ``subject`` is the OID
    of the index that it drops.
    """

    position: int
    kind: SegmentKind
    units: tuple[str, ...]
    script: str | None
    digest: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    subject: int | None = None

    @property
    def finished(self) -> bool:
        """Whether all of it is done."""
        return self.finished_at is not None

    @property
    def in_doubt(self) -> bool:
        """Whether it was begun, and nothing is known of its end."""
        return self.started_at is not None and self.finished_at is None


@dataclass(frozen=True, slots=True)
class Progress:
    """A row of ``mainsql.progress``, with its segments: a version or a rollback that is under way.

    ``version`` is the one that is being made, from ``commit``, whose tree has this ``digest``, with these
    ``steps``; ``traces`` are what its segments have done, in order. Or it is the first that is taken
    back, then ``back_to`` is where that goes, and ``segments`` are those of the rollback. ``signer`` is
    whose signature of the commit was verified.
    """

    tree: str
    version: int
    back_to: int | None
    commit: Commit | None
    digest: str
    steps: tuple[AppliedStep, ...]
    proof: Proof
    why: str
    begun_at: datetime
    begun_by: str
    segments: tuple[SegmentRecord, ...] = ()
    traces: tuple[tuple[Trace, ...], ...] = ()
    signer: Signer | None = None

    @property
    def undoes(self) -> bool:
        """Whether it is a rollback."""
        return self.back_to is not None

    @property
    def done(self) -> int:
        """How many segments are finished."""
        return sum(segment.finished for segment in self.segments)

    @property
    def next(self) -> SegmentRecord | None:
        """The first segment that is not finished."""
        return next((segment for segment in self.segments if not segment.finished), None)


class Said(StrEnum):
    """What a person can say about a tree in a database."""

    RESUMED = "resumed"
    """What was paused goes on, and what was rolled back before may be applied again."""
    PAUSED = "paused"
    """Nothing is deployed until it is resumed."""
    ACCEPTED_HISTORY = "accepted history"
    """The commit that is applied need not come before the next one."""


@dataclass(frozen=True, slots=True)
class Control:
    """A row of ``mainsql.controls``."""

    said: Said
    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class History:
    """All that the ledger knows of one tree: versions and what operators said in order, what failed.

    ``settled`` are units whose steps are left out of it, since nothing has to be done for them: they
    are applied as the tree has them that is planned. ``progress`` is what is under way: a version that
    is not among ``versions`` yet, or a rollback of some of them.
    """

    tree: str
    versions: tuple[Version, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    controls: tuple[Control, ...] = ()
    settled: frozenset[str] = frozenset()
    progress: Progress | None = None

    @property
    def resumed_at(self) -> datetime | None:
        """When a person last released what had been rolled back: rollbacks before it hold nothing."""
        return max((control.at for control in self.controls if control.said is Said.RESUMED), default=None)

    @property
    def paused(self) -> Control | None:
        """The word that holds everything, if it was not taken back."""
        words = [control for control in self.controls if control.said is not Said.ACCEPTED_HISTORY]
        return words[-1] if words and words[-1].said is Said.PAUSED else None

    @property
    def accepts_history(self) -> bool:
        """Whether a person said so since the newest version."""
        newest = self.versions[-1].applied_at if self.versions else None
        return any(
            control.said is Said.ACCEPTED_HISTORY and (newest is None or control.at > newest)
            for control in self.controls
        )

    @property
    def current(self) -> Version | None:
        """The newest version that has not been rolled back."""
        return next((v for v in reversed(self.versions) if v.rolled_back is None), None)

    @property
    def number(self) -> int:
        """The number of the current version, 0 for none."""
        return self.current.version if self.current else 0

    @property
    def next_version(self) -> int:
        """The number that the next version gets: numbers are never used twice."""
        return self.versions[-1].version + 1 if self.versions else 1
