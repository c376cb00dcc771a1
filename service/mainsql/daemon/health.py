"""How a daemon is: whether it lives, and whether what it watches can be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_LATELY = 60.0
"""Seconds for which nobody need be told that something cannot be reached."""

_POLLS = 3
"""How many intervals may pass without word from a repository."""


@dataclass(frozen=True, slots=True)
class RepositoryHealth:
    """When a repository was last heard from (None: never yet), and what is in the way now, if anything."""

    name: str
    heard_at: datetime | None
    problem: str | None
    interval: float

    def ready(self, now: datetime) -> bool:
        """Whether it was heard from lately."""
        patience = max(_LATELY, _POLLS * self.interval)
        return self.heard_at is not None and (now - self.heard_at).total_seconds() <= patience


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """How a target stood when its ledger was last looked at, and what is in the way of looking now.

    ``state`` is as in the log: ``up to date``, ``failed`` …; None before the first look.
    """

    name: str
    repository: str
    state: str | None
    version: int | None
    looked_at: datetime | None
    problem: str | None
    failing_since: datetime | None
    deploying: bool

    def ready(self, now: datetime) -> bool:
        """Whether it was reached, and has not been out of reach for long."""
        if self.looked_at is None:
            return False
        return self.failing_since is None or (now - self.failing_since).total_seconds() <= _LATELY


@dataclass(frozen=True, slots=True)
class Health:
    """How a daemon is ``now``. ``late`` are the parts of it that do not do what they should."""

    now: datetime
    since: datetime
    late: Sequence[str]
    repositories: Sequence[RepositoryHealth]
    targets: Sequence[TargetHealth]

    @property
    def live(self) -> bool:
        """Whether each loop has run within its time. That the reactor turns, an answer itself says."""
        return not self.late

    @property
    def ready(self) -> bool:
        """Whether it lives, and each repository and each target was reached lately.

        What failed in a target or was refused there does not count: that is about a commit.
        """
        reached = [each.ready(self.now) for each in self.repositories]
        return self.live and all(reached) and all(each.ready(self.now) for each in self.targets)

    def summary(self) -> str:
        """In one line, first what is in the way."""
        said = [f"{name} hangs" for name in self.late]
        said += [f"{each.name}: {_first(each.problem)}" for each in self.repositories if each.problem]
        for target in self.targets:
            if target.problem:
                said.append(f"{target.name}: {_first(target.problem)}")
            elif target.deploying:
                said.append(f"{target.name}: deploying")
            elif target.state not in (None, "up to date"):
                said.append(f"{target.name}: {target.state}")
        if said:
            return "; ".join(said)
        repositories, targets = len(self.repositories), len(self.targets)
        watched = "1 repository" if repositories == 1 else f"{repositories} repositories"
        return f"watching {watched} for " + ("1 target" if targets == 1 else f"{targets} targets")

    def as_plain(self) -> Mapping[str, object]:
        """The same for JSON; times are ISO 8601 in UTC."""
        return {
            "live": self.live,
            "ready": self.ready,
            "since": _iso(self.since),
            "summary": self.summary(),
            "late": list(self.late),
            "repositories": [
                {
                    "repository": each.name,
                    "ready": each.ready(self.now),
                    "heard_at": _iso(each.heard_at),
                    "problem": each.problem,
                }
                for each in self.repositories
            ],
            "targets": [
                {
                    "target": each.name,
                    "repository": each.repository,
                    "ready": each.ready(self.now),
                    "state": each.state,
                    "version": each.version,
                    "deploying": each.deploying,
                    "looked_at": _iso(each.looked_at),
                    "problem": each.problem,
                }
                for each in self.targets
            ],
        }


def moment(seconds: float) -> datetime:
    """A time of the reactor's clock, which counts seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _first(report: str) -> str:
    return report.partition("\n")[0]
