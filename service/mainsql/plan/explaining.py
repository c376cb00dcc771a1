"""Why a plan does what it does, for people who read it before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mainsql.model import Action, Directive, History, Plan, Step, Undo, UndoKind, Unit, essential
from mainsql.plan.consequences import Consequences, consequences
from mainsql.plan.lacking import lacking_undo
from mainsql.plan.state import Applied, applied_units

NEW = "no version has applied it yet"
"""Why a unit runs that is simply new."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A step of a plan with its reason, and what it does to what is there.

    It says of the undo what is known before it runs.
    """

    step: Step
    why: str
    consequences: Consequences


def explain(plan: Plan, history: History, *, whole: bool = False) -> tuple[Explained, ...]:
    """Each step of a plan that was made for this history, explained.

    ``whole`` says that all of the tree runs whenever it has changed.
    """
    applied = applied_units(history)
    units = {unit.name: unit for unit in plan.tree.units}
    none = {each.unit: Undo(UndoKind.MISSING, None, each.reason) for each in lacking_undo(plan)}
    return tuple(
        Explained(
            replace(step, undo=none.get(step.unit, step.undo)),
            _why(step, units.get(step.unit), applied, history, whole=whole),
            found,
        )
        for step, found in zip(plan.steps, consequences(plan), strict=True)
    )


def _why(
    step: Step, unit: Unit | None, applied: Mapping[str, Applied], history: History, *, whole: bool
) -> str:
    known = applied.get(step.unit)
    match step.action:
        case Action.MOVE:
            return f"it says what {step.moved_from} said, which is gone"
        case Action.REMOVE:
            return 'it has left the tree, and on_removed is "undo"'
        case Action.ACCEPT:
            return "a person says that the database is as its text says"
    if known is None or unit is None:
        return _new(step.unit, history)
    since = f"version {known.version.version}"
    match step.action:
        case Action.UNDO if known.undo_digest is None:
            return "it is unchanged, but for an undo script, which is new"
        case Action.UNDO:
            return "it is unchanged, but for its undo script"
        case Action.APPEND:
            return _grown(len(step.statements), len(essential(known.digests)), since)
    if whole:
        return 'apply is "whole": all of the tree runs when it has changed'
    if unit.directive is Directive.ALWAYS:
        return "it says -- mainsql: always"
    if unit.directive is Directive.REPEATABLE:
        return f"it has changed since {since}, and says -- mainsql: repeatable"
    return f"it has changed since {since}, and is code that replaces itself"


def _new(unit: str, history: History) -> str:
    back = [
        version.version
        for version in history.versions
        if version.rolled_back and any(step.unit == unit for step in version.steps)
    ]
    return f"it was rolled back with version {back[-1]}" if back else NEW


def _grown(new: int, old: int, since: str) -> str:
    follow = f"{new} statements follow" if new > 1 else "1 statement follows"
    what = f"the {old} that are" if old > 1 else "the one that is"
    return f"{follow} {what} applied since {since}"
