"""What the ledger knows: versions, their steps, and attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mainsql.model.commit import Commit
from mainsql.model.plan import Action, Undo, UndoKind


@dataclass(frozen=True, slots=True)
class AppliedStep:
    """A row of ``mainsql.steps``. ``script`` is the flat SQL that ran."""

    position: int
    unit: str
    action: Action
    digests: tuple[str, ...]
    script: str
    undo: Undo
    undo_digest: str | None
    duration: timedelta


@dataclass(frozen=True, slots=True)
class RolledBack:
    """When, by whom and why a version was taken back."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Version:
    """A row of ``mainsql.versions``: the n-th change of a tree in a database."""

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
class History:
    """All that the ledger knows of one tree: versions in order, what failed, and what operators said.

    ``resumed_at`` is when a person last released what had been rolled back: rollbacks before it
    hold nothing any more.
    """

    tree: str
    versions: tuple[Version, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    resumed_at: datetime | None = None

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
