"""What the daemon asks of the synchronous core."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mainsql.database.listening import Word
from mainsql.model import Commit
from mainsql.operations.outcome import Outcome


class Watched(Protocol):
    """A repository. Its methods are called in worker threads, never two at once."""

    @property
    def name(self) -> str:
        """A short name for people."""

    def poll(self) -> Commit:
        """Fetch, and give the newest commit. Blocks; raises MainsqlError."""

    def close(self) -> None:
        """End what it holds open: it is not watched any more. Blocks."""


class Ear(Protocol):
    """A connection on which something may be said. For the reactor's thread; nothing of it blocks."""

    def fileno(self) -> int:
        """The descriptor that can be read when there is something to hear."""

    def heard(self) -> Sequence[Word]:
        """What was said since the last time. Raises ConnectionLost."""

    def close(self) -> None:
        """End it. Called once."""


class Deployable(Protocol):
    """A target. ``reconcile`` is called in worker threads, never twice at once."""

    @property
    def name(self) -> str:
        """Tree and target, as ``shop@production``."""

    @property
    def tree(self) -> str:
        """The name of its tree."""

    @property
    def database(self) -> Hashable:
        """Equal for targets in the same database: one connection hears for all of them."""

    def listen(self) -> Ear:
        """Connect to its database, and listen. Blocks; raises MainsqlError."""

    def reconcile(self) -> Outcome:
        """Bring the target up to the newest commit that ``poll()`` gave. Blocks; raises MainsqlError."""

    def cancel(self) -> None:
        """Cancel what ``reconcile`` does now, which then raises Cancelled. It may block.

        Called in a worker thread while ``reconcile`` is in another, and also between two of its
        statements, before its connection is made, or when it has just ended.
        """

    def stop(self) -> None:
        """Let ``reconcile`` begin no transaction after the one in hand. Returns at once."""


class Guarded(Protocol):
    """A target that is looked at every ``interval`` seconds, whether it still is what was deployed."""

    @property
    def name(self) -> str:
        """Tree and target, as ``shop@production``."""

    @property
    def interval(self) -> float:
        """Seconds from the end of one look to the beginning of the next."""

    def look(self) -> Sequence[str]:
        """What is otherwise, for people, an object a line and more. Blocks; raises MainsqlError."""


class Prunable(Protocol):
    """A target that keeps rows, with a limit."""

    @property
    def name(self) -> str:
        """Tree and target, as ``shop@production``."""

    def prune(self) -> "Pruned":
        """Drop what goes beyond the limit. Blocks; raises MainsqlError."""


@dataclass(frozen=True)
class Pruned:
    """What was dropped, for people, and by how many bytes what has to stay is more than it may be."""

    dropped: Sequence[str]
    over: int = 0


@dataclass(frozen=True)
class Watch:
    """A repository that is polled every ``interval`` seconds, and the targets of all its trees.

    ``guarded`` are those of them that are looked at by themselves, too, and ``prunable`` those that
    have a limit to what they keep.
    """

    repository: Watched
    interval: float
    targets: Sequence[Deployable]
    guarded: Sequence[Guarded] = ()
    prunable: Sequence[Prunable] = ()


@dataclass(frozen=True)
class Configured:
    """What a configuration asks of the daemon; ``stop_timeout`` is in seconds."""

    watches: Sequence[Watch]
    stop_timeout: float = 30.0
