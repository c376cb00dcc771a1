"""How plans look to people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mainsql.cli.consequences import show_consequences, show_together, weight
from mainsql.cli.output import counted, say
from mainsql.cli.segments import divided, show_segments
from mainsql.model import (
    Action,
    Commit,
    Foretold,
    Plan,
    Refusal,
    Rollback,
    Statement,
    Step,
    UndoKind,
    UpToDate,
)
from mainsql.operations.planning import Broken, Foreseen, refused
from mainsql.operations.target import Target
from mainsql.plan.explaining import NEW, Explained, explain
from mainsql.plan.segments import rollback_segments
from mainsql.script.render import ALONE

_VERBS = {
    Action.RUN: "new, runs",
    Action.RERUN: "runs again",
    Action.APPEND: "grew, runs what is new",
    Action.UNDO: "records its undo script",
    Action.REMOVE: "has left the tree, is taken back",
    Action.REVERT: "is as it was before, what came since is taken back",
    Action.ACCEPT: "is recorded as applied, does not run",
}
_MOST_UNITS = 40
"""How many units of a plan are shown one by one; what the others come to is told in a line."""
_MOST_LINES = 20
"""How many units that are kept, and how many notes, are shown."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a deploy would do to one target, commit by commit.

    ``base`` is the commit that it is taken to be at, where no database was asked; then there need not
    be a ``target``.
    """

    label: str
    target: str | None
    tree: str
    commits: Sequence[Foreseen]
    base: Commit | None = None


def show_page(page: Page, *, everything: bool = False) -> None:
    """Prints what a deploy would do to a target; with ``everything`` however much that is."""
    if page.base is not None:
        say(f"{page.label}, if its version 1 is {page.base.short} ({page.base.subject}):", "dim", hanging=2)
    for found in page.commits:
        match found.outcome:
            case Plan() as plan:
                steps = explain(plan, found.before, whole=found.whole)
                _show_plan(page.label, plan, steps, found, everything=everything)
            case UpToDate(version, kept):
                say(f"{page.label} is up to date at version {version}", "green")
                _show_kept(kept, everything=everything)
            case Refusal(commit) as refusal:
                assert commit is not None
                say(f"{page.label}: {commit.short} ({commit.subject}) is refused", "bold yellow")
                say(refused(refusal).report())
            case Broken(commit, error):
                say(f"{page.label}: {commit.short} ({commit.subject}) fails", "bold red")
                say(error.report())


def _show_plan(
    label: str, plan: Plan, steps: Sequence[Explained], found: Foreseen, *, everything: bool
) -> None:
    commit = plan.commit
    say(f"{label}: version {plan.version} from {commit.short} ({commit.subject})", "bold", hanging=2)
    if plan.signer is not None:
        say(f"  signed by {plan.signer}", "dim", hanging=4)
    shown = steps if everything else _most_important(steps)
    for each in shown:
        _show_step(each, found.keeps.get(each.step.unit, ()), everything=everything)
    if len(shown) < len(steps):
        numbers = {id(each) for each in shown}
        _show_rest([each.step for each in steps if id(each) not in numbers])
    under_way = found.before.progress
    if under_way is not None and under_way.version == plan.version:
        say(f"  in progress: {under_way.done} of {len(under_way.segments)} segments are finished", "yellow")
    show_segments(plan)
    if plan.unchanged:
        say(f"  {counted(len(plan.unchanged), 'unit')} unchanged", "dim")
    _show_kept(plan.kept, everything=everything)
    show_together([each.consequences for each in steps], list(found.keeps.values()))
    notes = [note for note in (*plan.notes, *plan.tree.notes) if not note.echo]
    _show_lines((f"note: {note.place}: {note.text}" for note in notes), everything=everything)


def _most_important(steps: Sequence[Explained]) -> Sequence[Explained]:
    """The steps that are shown, in order: those that lose or lock most, then the first ones."""
    if len(steps) <= _MOST_UNITS:
        return steps
    order = sorted(range(len(steps)), key=lambda number: (-weight(steps[number].consequences), number))
    return [steps[number] for number in sorted(order[:_MOST_UNITS])]


def _show_step(explained: Explained, keeps: Sequence[Foretold], *, everything: bool) -> None:
    step = explained.step
    count = statements(step.statements) if step.statements else "nothing"
    undo = f"none: {step.undo.reason}" if step.undo.kind is UndoKind.MISSING else step.undo.kind.value
    verb = f"was {step.moved_from}, does not run" if step.moved_from else _VERBS[step.action]
    say(f"  {step.unit}: {verb} ({count}; undo: {undo})", hanging=4)
    if explained.why != NEW:
        say(f"    {explained.why}", "dim", hanging=6)
    show_consequences(explained.consequences, keeps, everything=everything)


def _show_rest(steps: Sequence[Step]) -> None:
    count = statements([statement for step in steps for statement in step.statements])
    missing = sum(step.undo.kind is UndoKind.MISSING for step in steps)
    undo = f"; {missing} without undo" if missing else ""
    say(f"  and {counted(len(steps), 'unit')} more ({count}{undo}): --all shows them", "dim")


def statements(found: Sequence[Statement]) -> str:
    """How many statements there are, and how many of them depend on a condition that is not decided yet."""
    conditional = sum(statement.conditional for statement in found)
    return counted(len(found), "statement") + (f", {conditional} conditional" if conditional else "")


def _show_kept(kept: Sequence[str], *, everything: bool) -> None:
    lines = (f"{unit} has left the tree; what it did is kept" for unit in kept)
    _show_lines(lines, everything=everything)


def _show_lines(lines: Iterable[str], *, everything: bool) -> None:
    found = list(lines)
    shown = found if everything else found[:_MOST_LINES]
    for line in shown:
        say(f"  {line}", "dim", hanging=4)
    if len(shown) < len(found):
        say(f"  and {len(found) - len(shown)} more of these: --all shows them", "dim")


def show_rollback(target: Target, rollback: Rollback) -> None:
    """Prints what a rollback would run."""
    say(
        f"-- {target.label}: back from version {rollback.from_version} to {rollback.to_version}, "
        f"taking back {', '.join(map(str, rollback.versions))}",
        "bold",
    )
    if found := rollback_segments(rollback):
        say(f"-- {divided(len(found))}", "bold")
    for step in rollback.steps:
        how = " (the text that was there before, again)" if step.kind is UndoKind.PREVIOUS else ""
        say(f"-- version {step.version}, {step.unit}{how}", "cyan")
        for statement in step.statements:
            if statement.alone:
                say(ALONE, "dim")
            say(statement.text)
    if not rollback.steps:
        say("-- nothing has to run")
    for loss in rollback.losses:
        say(f"-- not as before: {loss}", "yellow")
