"""What the verbs work on: a target, and a deployment, which is a target with its source."""

import getpass
import socket
from dataclasses import dataclass, field

from mainsql.config import Rehearse, TreeConfig
from mainsql.database.limits import Limits
from mainsql.database.session import Interrupt, Session
from mainsql.model import ArchiveLimits, Attempt, History, OnDrift, UndoPolicy
from mainsql.operations.loading import Trees
from mainsql.source.repository import Repository


@dataclass(frozen=True, slots=True)
class Target:
    """One database to which one tree is deployed. ``dsn`` may hold a password and is never shown.

    ``drift_interval`` is in seconds, 0 is never.
    ``keeps_data`` is that the rows that a version takes away are kept, whatever its files say;
    ``archive_limits`` is how old and how much that may become.
    """

    name: str
    tree: str
    dsn: str = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    undo: UndoPolicy = UndoPolicy.DERIVED
    drift_interval: float = 3600.0
    on_drift: OnDrift = OnDrift.REPORT
    rehearse: Rehearse = Rehearse.NEVER
    keeps_data: bool = False
    archive_limits: ArchiveLimits = field(default_factory=ArchiveLimits)

    @property
    def label(self) -> str:
        """How reports name it: tree@target."""
        return f"{self.tree}@{self.name}"

    @property
    def lock_key(self) -> str:
        """What the advisory lock in the database is derived from. The database itself is implied."""
        return f"mainsql/{self.tree}"

    def connect(self, interrupt: Interrupt | None = None) -> Session:
        """A session on the target. Raises DatabaseUnavailable."""
        return Session(self.dsn, application_name=f"mainsql {self.label}", interrupt=interrupt)


@dataclass(slots=True)
class Deployment:
    """A target with the trees that are deployed to it, commit by commit.

    ``failures`` remembers, for this process, what failed where no ledger could take it down.
    ``tree_name_is_derived`` says that nobody named the tree: its name comes from its path.
    """

    target: Target
    trees: Trees
    tree_name_is_derived: bool = False
    failures: list[Attempt] = field(default_factory=list)

    @property
    def config(self) -> TreeConfig:
        """What is configured of the tree."""
        return self.trees.config

    @property
    def repository(self) -> Repository:
        """The repository that it comes from."""
        return self.trees.repository

    def known_failure(self, history: History, commit_id: str) -> Attempt | None:
        """The newest failure of this commit on top of the version that is there now."""
        return next(
            (
                attempt
                for attempt in reversed((*history.attempts, *self.failures))
                if attempt.commit_id == commit_id and attempt.onto_version == history.number
            ),
            None,
        )


def whoami() -> str:
    """Who runs this, as user@host, for the ledger."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
