"""What the verbs work on: a target, and a deployment, which is a target with its source."""

import contextlib
import getpass
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mainsql.config import Rehearse, TreeConfig
from mainsql.database.connecting import application_name
from mainsql.database.limits import Limits
from mainsql.database.session import Interrupt, Session
from mainsql.errors import Place
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

    def tried_for(self, seconds: float | None) -> "Target":
        """The same, but tried again for so long where something comes in the way; None: as it says itself."""
        if seconds is None:
            return self
        return replace(self, limits=replace(self.limits, retry_for=seconds))

    def connect(self, interrupt: Interrupt | None = None, *, version: int | None = None) -> Session:
        """A session on the target, to make this ``version`` if it is for that. Raises DatabaseUnavailable."""
        return Session(self.dsn, application_name=application_name(self.label, version), interrupt=interrupt)

    @contextlib.contextmanager
    def reading(self, interrupt: Interrupt | None = None) -> Iterator[Session]:
        """A session in a transaction that only reads, and waits no longer for a lock than a deploy may.

        Raises DatabaseUnavailable; Locked when somebody keeps the ledger to himself.
        """
        with self.connect(interrupt) as session:
            session.begin(lock_timeout=self.limits.lock_timeout)
            yield session
            session.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in a transaction for a word to the ledger, which is committed. Raises as ``reading``."""
        with self.connect() as session, session.transaction(lock_timeout=self.limits.lock_timeout):
            yield session


@dataclass(slots=True)
class Deployment:
    """A target with the trees that are deployed to it, commit by commit.

    ``failures`` remembers, for this process, what failed where no ledger could take it down; ``losses``
    how often the connection was lost, by commit and place; ``careful`` the commits whose statements are
    sent one by one, for it was not told which of them was in the way of something.
    ``tree_name_is_derived`` says that nobody named the tree: its name comes from its path.
    """

    target: Target
    trees: Trees
    tree_name_is_derived: bool = False
    failures: list[Attempt] = field(default_factory=list)
    losses: Counter[tuple[str, Place]] = field(default_factory=Counter)
    careful: set[str] = field(default_factory=set)

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
