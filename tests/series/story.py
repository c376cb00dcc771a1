"""A series of commits → what each of them would do, as text that people read."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.unit.histories import START, Target
from tests.unit.resolving import tree

from mainsql.errors import ScriptError
from mainsql.model import Commit, Control, OnRemoved, Plan, Refusal, Rollback, Said, Statement, UpToDate
from mainsql.operations.planning import refused
from mainsql.plan.editing import taken_for_once
from mainsql.plan.planner import applied, plan, plan_acceptance
from mainsql.plan.rollback import plan_rollback

OPTIONS, STEP, EXPECTED = "series.toml", "step.toml", "expected.txt"

Found = Plan | UpToDate | Refusal


@dataclass
class Story:
    """A database without a server, to which the commits of a case are deployed one after the other."""

    target: Target
    shows_undo: bool = False
    files: dict[str, str] = field(default_factory=dict)
    number: int = 0

    @classmethod
    def of(cls, case: Path) -> "Story":
        """A story under the options of a case."""
        options = _toml(case / OPTIONS)
        on_removed = OnRemoved(options.get("on_removed", "keep"))
        target = Target(whole=options.get("apply") == "whole", on_removed=on_removed)
        return cls(target, options.get("undo") is True)

    def step(self, folder: Path) -> Iterator[str]:
        """Carries out what a folder says, and tells line by line what came of it."""
        said = _toml(folder / STEP)
        self._commit(folder, said.get("remove", []))
        subject = folder.name.partition("-")[2].replace("-", " ")
        commit = Commit(f"c{self.number}", "Ada", subject, START)
        yield f"{self.number}. {subject}"
        for word in said.get("do", []):
            yield f"  $ {word}"
            yield from _indented(self._do(word, commit))
        if (pause := self.target.history.paused) is not None:
            yield f"  paused by {pause.by} ({pause.why})"
            return
        try:
            found = self._plan(commit)
        except ScriptError as error:
            yield from _indented(error.report().splitlines())
            return
        yield from _indented(self._told(found))
        if isinstance(found, Plan) and not said.get("fails"):
            self._record(found)
        elif said.get("fails"):
            yield "  (fails, and leaves nothing behind)"

    def _commit(self, folder: Path, gone: Sequence[str]) -> None:
        self.number += 1
        new = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.sql"))}
        self.files |= {name: path.read_text() for name, path in new.items()}
        for path in gone:
            del self.files[path]

    def _plan(self, commit: Commit) -> Found:
        target = self.target
        return plan(
            tree(self.files), commit, target.history, whole=target.whole, on_removed=target.on_removed
        )

    def _do(self, word: str, commit: Commit) -> Iterator[str]:
        match word.split(maxsplit=3):
            case ["mainsql", "rollback", "--to", version]:
                yield from self._roll_back(int(version))
            case ["mainsql", "resume"]:
                self.target.resume()
            case ["mainsql", "accept", *units]:
                found = plan_acceptance(tree(self.files), commit, self.target.history, units)
                yield from self._told(found)
                if isinstance(found, Plan):
                    self._record(found)
            case ["mainsql", "pause", "--why", why]:
                history = self.target.history
                control = Control(Said.PAUSED, self.target.now, "eve", why.strip("'"))
                self.target.history = replace(history, controls=(*history.controls, control))
            case _:
                raise ValueError(f"{word}: a story knows rollback --to, resume, accept, and pause --why")

    def _roll_back(self, to: int) -> Iterator[str]:
        found = plan_rollback(self.target.history, to)
        if isinstance(found, Refusal):
            yield from refused(found).report().splitlines()
            return
        yield from _taken_back(found)
        self.target.roll_back(*found.versions)
        yield f"at version {to}, without {', '.join(map(str, found.versions))}"

    def _record(self, plan: Plan) -> None:
        self.target.history = applied(self.target.history, plan, self.target.now)

    def _told(self, found: Found) -> Iterator[str]:
        match found:
            case Refusal():
                yield "refused"
                yield from _indented(refused(found).report().splitlines())
            case UpToDate(version, kept):
                yield f"up to date at version {version}"
                yield from (f"  {unit}: left the tree, is kept" for unit in kept)
            case Plan():
                yield f"version {found.version}"
                yield from _indented(self._planned(found))

    def _planned(self, plan: Plan) -> Iterator[str]:
        for step in plan.steps:
            moved = f", was {step.moved_from}" if step.moved_from else ""
            undo = f" (undo: {step.undo.kind.value}{_why(step.undo.reason)})" if self.shows_undo else ""
            yield f"{step.unit}: {step.action.value}{moved}{undo}"
        yield from (f"{unit}: unchanged" for unit in plan.unchanged)
        yield from (f"{unit}: left the tree, is kept" for unit in plan.kept)
        notes = (*plan.tree.notes, *plan.notes, *taken_for_once(plan))
        yield from (f"note: {note.place}: {note.text}" for note in notes)
        for removal in plan.removals:
            yield from (f"| undo of {removal.unit}: {_line(s)}" for s in removal.statements)
        yield from (f"| {statement.unit}: {_line(statement)}" for statement in plan.program)


def tell(case: Path) -> str:
    """What comes of all commits of a case, in order."""
    story = Story.of(case)
    steps = sorted((p for p in case.iterdir() if p.is_dir()), key=lambda p: int(p.name.partition("-")[0]))
    return "\n".join(line for step in steps for line in (*story.step(step), "")).rstrip("\n") + "\n"


def _taken_back(rollback: Rollback) -> Iterator[str]:
    for step in rollback.steps:
        yield from (f"| version {step.version}, {step.unit}: {_line(s)}" for s in step.statements)


def _why(reason: str | None) -> str:
    return f", {reason}" if reason else ""


def _line(statement: Statement) -> str:
    return " ".join(statement.text.split())


def _indented(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _toml(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text()) if path.exists() else {}
