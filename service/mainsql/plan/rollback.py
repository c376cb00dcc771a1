"""History + version → Rollback | Refusal."""

from collections.abc import Sequence

from mainsql.model import (
    Action,
    AppliedStep,
    Archived,
    History,
    Objection,
    Refusal,
    Rollback,
    RollbackStep,
    UndoKind,
    Version,
)
from mainsql.plan.archiving import pruned
from mainsql.plan.state import late_undo
from mainsql.script.resolver import resolve_flat


def plan_rollback(history: History, to: int, archives: Sequence[Archived] = ()) -> Rollback | Refusal:
    """How to take a database back to version ``to`` (0: to before the first).

    The undo scripts of all live versions above it, newest first, each version's steps in reverse.
    ``archives`` are those of the tree: what was pruned of them is lost. A refusal names every unit that
    cannot be taken back.
    """
    live = [version for version in history.versions if version.rolled_back is None]
    if to not in {0, *(version.version for version in live)}:
        return _refuse(history, *_no_such(history, to, live))
    above = [version for version in reversed(live) if version.version > to]
    if not above:
        return _refuse(history, f"{history.tree} is at version {to} already", "there is nothing to roll back")
    steps: list[RollbackStep] = []
    objections: list[Objection] = []
    losses: list[str] = []
    for version in above:
        for step in reversed(version.steps):
            if step.action is Action.UNDO or step.undo.kind is UndoKind.NOTHING:
                continue
            # A script that takes back several units is not replaced by one for one of them.
            late = None if step.undo.together else late_undo(history, version, step)
            source = late or step
            if source.undo.script is None:
                objections.append(_missing(history, version, source))
            elif source.undo.script:
                name = f"undo of {step.unit} in version {version.version}"
                statements = resolve_flat(name, source.undo.script)
                steps.append(RollbackStep(version.version, step.unit, source.undo.kind, statements))
            losses += source.undo.losses
    if objections:
        return Refusal(None, history.number, tuple(objections))
    versions = tuple(version.version for version in above)
    gone = pruned(archives, steps)
    return Rollback(history.tree, history.number, to, versions, tuple(steps), (*losses, *gone), gone)


def before_current(history: History) -> int:
    """The version below the current one: what ``--last`` goes back to; 0 when it is the first."""
    live = [version.version for version in history.versions if version.rolled_back is None]
    return live[-2] if len(live) > 1 else 0


def _no_such(history: History, to: int, live: list[Version]) -> tuple[str, str]:
    choices = ["0 (before the first)", *(str(version.version) for version in live[:-1])]
    hint = f"versions that it can go back to: {', '.join(choices)}"
    if any(version.version == to for version in history.versions):
        return f"version {to} of {history.tree} was rolled back itself", hint
    return f"there is no version {to} of {history.tree}", hint


def _missing(history: History, version: Version, step: AppliedStep) -> Objection:
    hint = (
        "write the undo script, so that it takes back what that version did, and commit it: "
        "the next deploy records it, and then the rollback can run"
    )
    if (since := _changed_since(history, version, step)) is not None:
        hint = (
            f"{step.unit} has changed since, in version {since}: go back to before that; commit it as it was "
            f"in version {version.version}, with an undo script that takes back what that version did; "
            "the next deploy records it, and then the rollback can run"
        )
    return Objection(
        step.unit, f"{step.unit} in version {version.version} has no undo: {step.undo.reason}", hint
    )


def _changed_since(history: History, version: Version, step: AppliedStep) -> int | None:
    """The next live version in which the unit is another one: an undo script is recorded for the last one."""
    return next(
        (
            later.version
            for later in history.versions
            if later.version > version.version
            and later.rolled_back is None
            and any(each.unit == step.unit and each.digests != step.digests for each in later.steps)
        ),
        None,
    )


def _refuse(history: History, reason: str, hint: str) -> Refusal:
    return Refusal(None, history.number, (Objection(None, reason, hint),))
