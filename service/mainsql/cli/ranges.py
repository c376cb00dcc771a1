"""``A..B`` on the command line: from one commit to another."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainsql.errors import ConfigurationError
from mainsql.model import Commit
from mainsql.source.repository import Repository


@dataclass(frozen=True, slots=True)
class Range:
    """Two revisions as they were written; without ``head`` the second is the newest commit."""

    base: str
    head: str | None

    def commits(self, repository: Repository) -> tuple[Commit, Commit]:
        """The two commits. Raises SourceError."""
        base = repository.commit(self.base)
        return base, repository.commit(self.head) if self.head else repository.head()


def target_and_range(words: Sequence[str]) -> tuple[str | None, Range | None]:
    """What the arguments ``[TARGET] [A..B]`` say, in either order. Raises ConfigurationError."""
    ranges = [word for word in words if ".." in word]
    names = [word for word in words if ".." not in word]
    if len(ranges) > 1 or len(names) > 1:
        raise ConfigurationError(
            f"too many arguments: {' '.join(words)}", hint="one TARGET, and one range of commits A..B"
        )
    return next(iter(names), None), _range(ranges[0]) if ranges else None


def _range(word: str) -> Range:
    base, _, head = word.partition("..")
    if not base or head.startswith("."):
        raise ConfigurationError(
            f"{word} is no range of commits",
            hint="write A..B, or A.. for all that follows A up to the newest commit",
        )
    return Range(base, head or None)
