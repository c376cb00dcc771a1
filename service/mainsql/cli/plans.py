"""How plans look to people."""

from collections.abc import Sequence

from mainsql.cli.output import counted, say
from mainsql.model import Action, Plan, Refusal, Rollback, Statement, UndoKind, UpToDate
from mainsql.operations.planning import Broken, Prospect, refused
from mainsql.operations.target import Target

_VERBS = {
    Action.RUN: "new, runs",
    Action.RERUN: "runs again",
    Action.APPEND: "grew, runs what is new",
    Action.UNDO: "records its undo script",
    Action.REMOVE: "has left the tree, is taken back",
    Action.REVERT: "is as it was before, what came since is taken back",
    Action.ACCEPT: "is recorded as applied, does not run",
}


def show_prospects(target: Target, prospects: Sequence[Prospect]) -> None:
    """Prints what a deploy would do to a target."""
    for found in prospects:
        match found:
            case Plan():
                _show_plan(target, found)
            case UpToDate():
                say(f"{target.label} is up to date at version {found.version}", "green")
                _show_kept(found.kept)
            case Refusal():
                assert found.commit is not None
                say(
                    f"{target.label}: {found.commit.short} ({found.commit.subject}) is refused", "bold yellow"
                )
                say(refused(found).report())
            case Broken():
                say(f"{target.label}: {found.commit.short} ({found.commit.subject}) fails", "bold red")
                say(found.error.report())


def _show_plan(target: Target, plan: Plan) -> None:
    commit = plan.commit
    say(f"{target.label}: version {plan.version} from {commit.short} ({commit.subject})", "bold")
    for step in plan.steps:
        count = statements(step.statements) if step.statements else "nothing"
        undo = step.undo.kind.value if step.undo.kind is not UndoKind.MISSING else f"none: {step.undo.reason}"
        verb = f"was {step.moved_from}, does not run" if step.moved_from else _VERBS[step.action]
        say(f"  {step.unit}: {verb} ({count}; undo: {undo})")
    if plan.unchanged:
        say(f"  {counted(len(plan.unchanged), 'unit')} unchanged", "dim")
    _show_kept(plan.kept)
    for note in (*plan.notes, *plan.tree.notes):
        if not note.echo:
            say(f"  note: {note.place}: {note.text}", "dim")


def statements(found: Sequence[Statement]) -> str:
    """How many statements there are, and how many of them depend on a condition that is not decided yet."""
    conditional = sum(statement.conditional for statement in found)
    return counted(len(found), "statement") + (f", {conditional} conditional" if conditional else "")


def _show_kept(kept: Sequence[str]) -> None:
    for unit in kept:
        say(f"  {unit} has left the tree; what it did is kept", "dim")


def show_rollback(target: Target, rollback: Rollback) -> None:
    """Prints what a rollback would run."""
    say(
        f"-- {target.label}: back from version {rollback.from_version} to {rollback.to_version}, "
        f"taking back {', '.join(map(str, rollback.versions))}",
        "bold",
    )
    for step in rollback.steps:
        how = " (the text that was there before, again)" if step.kind is UndoKind.PREVIOUS else ""
        say(f"-- version {step.version}, {step.unit}{how}", "cyan")
        for statement in step.statements:
            say(statement.text)
    if not rollback.steps:
        say("-- nothing has to run")
