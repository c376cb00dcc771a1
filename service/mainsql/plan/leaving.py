"""What becomes of what is not in the tree any more: moved, kept, taken back, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


class _Leaving:
    """Gathers what is taken back."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._undone: list[tuple[tuple[int, int], RollbackStep]] = []
        self._objections: list[Objection] = []
        self._reverted: set[str] = set()

    def remove(self, name: str, known: Applied, held: Held) -> None:
        """A unit that is gone."""
        if (back := held.get((name, ()))) is not None:
            self._objections.append(held_back(None, name, back))
        instead = '; or set on_removed = "keep" for this tree'
        statements = self._take_back(f"{name} has left the tree, and", name, known.story, instead)
        undo = _back_again(known.story[-len(known.scripts) :])  # the others were replaced
        self._steps.append(Step(name, Action.REMOVE, statements, (), undo))

    def revert(self, unit: Unit, known: Applied, held: Held) -> None:
        """A unit that is there, if all that happened to it is that it is as it was before it grew."""
        count = grown_since(known, unit.digests)
        if count is None or unit.directive in (Directive.REPEATABLE, Directive.ALWAYS):
            return
        since = known.story[count:]
        missing = any(_is_missing(step) for _, step in since)
        if missing and unit.directive is None and runs_again(unit, known) is None:
            return
        self._reverted.add(unit.name)
        if (back := held.get((unit.name, unit.digests))) is not None:
            self._objections.append(held_back(unit, unit.name, back))
        what = f"{unit.name} is again as it was before it grew, but what was new then"
        statements = self._take_back(what, unit.name, since)
        undo = _back_again(since)
        self._steps.append(Step(unit.name, Action.REVERT, statements, unit.digests, undo, unit.undo_digest))

    def gone(self, moved: dict[str, str]) -> Gone:
        """What came of it."""
        self._undone.sort(key=lambda each: each[0], reverse=True)
        removals = tuple(script for _, script in self._undone)
        return Gone(
            moved, (), frozenset(self._reverted), tuple(self._steps), removals, tuple(self._objections)
        )

    def _take_back(self, what: str, name: str, story: Story, instead: str = "") -> tuple[Statement, ...]:
        scripts: list[RollbackStep] = []
        for version, step in reversed(story):
            if _is_missing(step):
                self._objections.append(_cannot(what, name, version, step, instead))
            elif step.undo.script:
                title = f"undo of {step.unit} in version {version.version}"
                statements = resolve_flat(title, step.undo.script)
                scripts.append(RollbackStep(version.version, step.unit, step.undo.kind, statements))
                self._undone.append((_order(version, step), scripts[-1]))
        return tuple(statement for script in scripts for statement in script.statements)


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


def _is_missing(step: AppliedStep) -> bool:
    return step.undo.kind is not UndoKind.NOTHING and step.undo.script is None


def _back_again(story: Story) -> Undo:
    """What takes it back that steps were taken back: what ran then, once more, under the stage of then.

    That is what their undo scripts begin with.
    """
    if any(f"\n-- {LEFT_OUT} " in step.script for _, step in story):
        return Undo(UndoKind.MISSING, None, "its rows were too many to be recorded")
    scripts = []
    for _, step in story:
        undone = resolve_flat(f"undo of {step.unit}", step.undo.script) if step.undo.script else ()
        scripts.append(render(takewhile(lambda statement: statement.sets_stage, undone)) + step.script)
    return Undo(UndoKind.PREVIOUS, "".join(scripts), "runs again what ran before")


def _cannot(what: str, name: str, version: Version, step: AppliedStep, instead: str) -> Objection:
    return Objection(
        name,
        f"{what} cannot be taken back: in version {version.version} it has no undo: {step.undo.reason}",
        f"put it back, commit its undo script, and take it out in the commit after that{instead}",
    )


def _refused(name: str, known: Applied) -> Objection:
    return Objection(
        name,
        f"{name} has left the tree, but is applied since version {known.story[0][0].version}",
        'put it back; or set on_removed = "keep" or "undo" for this tree',
    )
