"""Histories of a tree as values: deploy and roll back without a database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.unit.resolving import tree

from mainsql.model import Commit, Control, History, OnRemoved, Plan, Refusal, RolledBack, Said, UpToDate
from mainsql.plan.planner import applied, plan

START = datetime(2024, 5, 1, 12, tzinfo=UTC)


@dataclass
class Target:
    """A database as far as its ledger tells."""

    whole: bool = False
    on_removed: OnRemoved = OnRemoved.KEEP
    history: History = field(default_factory=lambda: History("shop"))
    now: datetime = START

    def plan(self, files: dict[str, str], commit: str = "c1") -> Plan | UpToDate | Refusal:
        """What a commit with these files would do."""
        made = Commit(commit, "Ada", f"commit {commit}", START)
        return plan(tree(files), made, self.history, whole=self.whole, on_removed=self.on_removed)

    def deploy(self, *commits: dict[str, str]) -> "Target":
        """Deploys one commit after the other, each of which must make a version."""
        for files in commits:
            made = self.plan(files)
            assert isinstance(made, Plan), made
            self.history = applied(self.history, made, self.now)
        return self

    def roll_back(self, *versions: int, why: str = "") -> "Target":
        """Marks versions as taken back."""
        self.now += timedelta(hours=1)
        mark = RolledBack(self.now, "eve", why)
        self.history = replace(
            self.history,
            versions=tuple(
                replace(version, rolled_back=mark) if version.version in versions else version
                for version in self.history.versions
            ),
        )
        return self

    def resume(self) -> "Target":
        """Releases what has been taken back so far."""
        word = Control(Said.RESUMED, self.now, "eve", "")
        self.history = replace(self.history, controls=(*self.history.controls, word))
        return self


def planned(found: Plan | UpToDate | Refusal) -> Plan:
    assert isinstance(found, Plan), found
    return found


def steps(found: Plan | UpToDate | Refusal) -> list[tuple[str, str, list[str]]]:
    """Unit, action and statements of each step of a plan."""
    return [
        (step.unit, step.action.value, [s.text for s in step.statements]) for step in planned(found).steps
    ]


def objections(found: Plan | UpToDate | Refusal) -> list[str]:
    """Place and reason of each objection of a refusal."""
    assert isinstance(found, Refusal), found
    return [f"{each.place}: {each.reason}" for each in found.objections]
