"""What becomes of what is not in the tree any more: moved, kept, taken back, or refused."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from mainsql.model import (
    Action,
    AppliedStep,
    Directive,
    History,
    Objection,
    OnRemoved,
    RollbackStep,
    Statement,
    Step,
    Tree,
    Undo,
    UndoKind,
    Unit,
    Version,
)
from mainsql.plan.editing import runs_again
from mainsql.plan.state import Applied, TakenBack, grown_since
from mainsql.script.render import LEFT_OUT, render
from mainsql.script.resolver import resolve_flat

Story = tuple[tuple[Version, AppliedStep], ...]
Held = Mapping[tuple[str, tuple[str, ...]], TakenBack]
"""What was rolled back and not released, by unit and digests."""


@dataclass(slots=True)
class Gone:
    """``moved``: new name → old name. ``kept`` stay applied. ``removals`` are what takes back the rest.

    ``reverted`` are units of the tree that are again as they were before they grew.
    """

    moved: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    reverted: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()
    removals: tuple[RollbackStep, ...] = ()
    objections: tuple[Objection, ...] = ()


def find_gone(
    tree: Tree,
    history: History,
    applied: Mapping[str, Applied],
    held: Held,
    on_removed: OnRemoved,
) -> Gone:
    """What is applied, and not in the tree under its name, or not any more."""
    names = {unit.name for unit in tree.units}
    left = [name for name, known in applied.items() if name not in names and known.digests]
    moved: dict[str, str] = {}
    for unit in tree.units if left else ():
        if unit.name not in applied and unit.name not in history.settled and unit.digests:
            for name in left:
                if applied[name].digests == unit.digests:
                    moved[unit.name] = name
                    left.remove(name)
                    break
    match on_removed:
        case OnRemoved.KEEP:
            return Gone(moved, tuple(left))
        case OnRemoved.REFUSE:
            return Gone(moved, objections=tuple(_refused(name, applied[name]) for name in left))
    leaving = _Leaving()
    for unit in tree.units:
        if (known := applied.get(unit.name)) is not None:
            leaving.revert(unit, known, held)
    # What was applied last goes first, also where another unit of them was applied in between.
    for name in sorted(left, key=lambda name: _order(*applied[name].story[0]), reverse=True):
        leaving.remove(name, applied[name], held)
    return leaving.gone(moved)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken back of one unit: ``what`` says it for people, ``instead`` what else could be done."""

    what: str
    name: str
    story: Story
    step: Step
    instead: str = ""


class _Leaving:
    """Gathers what is taken back."""

    def __init__(self) -> None:
        self._taken: list[_Taken] = []
        self._objections: list[Objection] = []
        self._reverted: set[str] = set()

    def remove(self, name: str, known: Applied, held: Held) -> None:
        """A unit that is gone."""
        if (back := held.get((name, ()))) is not None:
            self._objections.append(held_back(None, name, back))
        undo = _back_again(known.story[-len(known.scripts) :])  # the others were replaced
        step = Step(name, Action.REMOVE, (), (), undo)
        instead = '; or set on_removed = "keep" for this tree'
        self._taken.append(_Taken(f"{name} has left the tree, and", name, known.story, step, instead))

    def revert(self, unit: Unit, known: Applied, held: Held) -> None:
        """A unit that is there, if all that happened to it is that it is as it was before it grew."""
        count = grown_since(known, unit.digests)
        if count is None or unit.directive in (Directive.REPEATABLE, Directive.ALWAYS):
            return
        since = known.story[count:]
        missing = any(_undo_of(step).kind is UndoKind.MISSING for _, step in since)
        if missing and unit.directive is None and runs_again(unit, known) is None:
            return
        self._reverted.add(unit.name)
        if (back := held.get((unit.name, unit.digests))) is not None:
            self._objections.append(held_back(unit, unit.name, back))
        what = f"{unit.name} is again as it was before it grew, but what was new then"
        step = Step(unit.name, Action.REVERT, (), unit.digests, _back_again(since), unit.undo_digest)
        self._taken.append(_Taken(what, unit.name, since, step))

    def gone(self, moved: dict[str, str]) -> Gone:
        """What came of it."""
        taken = {(version.version, step.unit) for each in self._taken for version, step in each.story}
        steps: list[Step] = []
        undone: list[tuple[tuple[int, int], RollbackStep]] = []
        for each in self._taken:
            statements: list[Statement] = []
            for version, step in reversed(each.story):
                match _taken_back(each, version, step, taken):
                    case Objection() as objection:
                        self._objections.append(objection)
                    case RollbackStep() as script:
                        statements += script.statements
                        undone.append((_order(version, step), script))
            steps.append(replace(each.step, statements=tuple(statements)))
        undone.sort(key=lambda pair: pair[0], reverse=True)
        removals = tuple(script for _, script in undone)
        return Gone(moved, (), frozenset(self._reverted), tuple(steps), removals, tuple(self._objections))


def _taken_back(
    each: _Taken, version: Version, step: AppliedStep, taken: Collection[tuple[int, str]]
) -> RollbackStep | Objection | None:
    """What takes one step back; None where there is nothing to take back, or another step has the script."""
    undo = step.undo
    staying = [unit for unit in _together(version, undo) if (version.version, unit) not in taken]
    if staying or not undo.together:
        undo = _undo_of(step)
    if undo.script is None and undo.kind is UndoKind.DERIVED:
        # The version before is only planned: its undo is derived when it runs.
        return RollbackStep(version.version, step.unit, undo.kind, ())
    if undo.script is None:
        return _cannot(each, version, undo)
    if staying and step.later is None:
        return _taken_together(each, version, staying)
    if not undo.script:
        return None
    statements = resolve_flat(f"undo of {step.unit} in version {version.version}", undo.script)
    return RollbackStep(version.version, step.unit, undo.kind, statements)


def _together(version: Version, undo: Undo) -> Sequence[str]:
    """The units that a derived script takes back: the first of them knows all, the others know the first.

    Where the first is applied as the tree has it, it may not have been read, and stands for all.
    """
    match undo.together:
        case [first]:
            known = (step.undo.together for step in version.steps if step.unit == first)
            return next(known, (first,))
        case units:
            return units


def _undo_of(step: AppliedStep) -> Undo:
    """What takes back a step alone: what was recorded for it since, if anything was."""
    return step.later or step.undo


def held_back(unit: Unit | None, name: str, back: TakenBack) -> Objection:
    """The refusal of what was rolled back, and has not changed since."""
    rolled_back = back.rolled_back
    why = f" ({rolled_back.why})" if rolled_back.why else ""
    return Objection(
        name,
        f"{name} was rolled back with version {back.version} by {rolled_back.by} "
        f"at {rolled_back.at:%Y-%m-%d %H:%M}{why}, and has not changed since",
        "change it, take it out of the tree, or release it with `mainsql resume`"
        if unit
        else "put it back into the tree, or release its removal with `mainsql resume`",
        unit.place if unit else None,
    )


def _order(version: Version, step: AppliedStep) -> tuple[int, int]:
    return version.version, step.position


def _back_again(story: Story) -> Undo:
    """What takes it back that steps were taken back: what ran then, once more, under the stage of then.

    That is what their undo scripts begin with.
    """
    if any(f"\n-- {LEFT_OUT} " in step.script for _, step in story):
        return Undo(UndoKind.MISSING, None, "its rows were too many to be recorded")
    if any(step.undo.kind is UndoKind.DERIVED for _, step in story):
        return Undo(UndoKind.MISSING, None, "the session in which it ran before is not recorded")
    scripts = []
    for _, step in story:
        undone = resolve_flat(f"undo of {step.unit}", step.undo.script) if step.undo.script else ()
        scripts.append(render(takewhile(lambda statement: statement.sets_stage, undone)) + step.script)
    return Undo(UndoKind.PREVIOUS, "".join(scripts), "runs again what ran before")


def _cannot(each: _Taken, version: Version, undo: Undo) -> Objection:
    return Objection(
        each.name,
        f"{each.what} cannot be taken back: in version {version.version} it has no undo: {undo.reason}",
        f"put it back, commit its undo script, and take it out in the commit after that{each.instead}",
    )


def _taken_together(each: _Taken, version: Version, staying: Sequence[str]) -> Objection:
    return Objection(
        each.name,
        f"{each.what} cannot be taken back alone: it came together with {', '.join(staying)} in version "
        f"{version.version}, and what takes it back takes that back, too",
        f"put it back, commit an undo script for it, and take it out in the commit after that{each.instead}",
    )


def _refused(name: str, known: Applied) -> Objection:
    return Objection(
        name,
        f"{name} has left the tree, but is applied since version {known.story[0][0].version}",
        'put it back; or set on_removed = "keep" or "undo" for this tree',
    )
