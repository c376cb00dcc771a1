"""What becomes of units that are not in the tree any more: moved, kept, taken back, or refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mainsql.model import (
    Action,
    AppliedStep,
    Objection,
    OnRemoved,
    RollbackStep,
    Step,
    Tree,
    Undo,
    UndoKind,
    Unit,
    Version,
)
from mainsql.plan.state import Applied, TakenBack
from mainsql.script.render import LEFT_OUT
from mainsql.script.resolver import resolve_flat


@dataclass(slots=True)
class Gone:
    """``moved``: new name → old name. ``kept`` stay applied. ``removals`` are what takes back the rest."""

    moved: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    removals: tuple[RollbackStep, ...] = ()
    objections: tuple[Objection, ...] = ()


def find_gone(
    tree: Tree,
    applied: Mapping[str, Applied],
    held: Mapping[tuple[str, tuple[str, ...]], TakenBack],
    on_removed: OnRemoved,
) -> Gone:
    """The units that are applied, and not in the tree under their names."""
    names = {unit.name for unit in tree.units}
    left = [name for name, known in applied.items() if name not in names and known.digests]
    moved: dict[str, str] = {}
    for unit in tree.units:
        if unit.name not in applied and unit.digests:
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
    # What was applied last goes first.
    left.sort(key=lambda name: _order(applied[name]), reverse=True)
    back = [held_back(None, name, held[name, ()]) for name in left if (name, ()) in held]
    members = {
        (version.version, step.unit): name for name, known in applied.items() for version, step in known.story
    }
    steps, removals, objections = [], [], list(back)
    for name in left:
        undone = _undone(name, applied[name], lambda at, unit: members.get((at, unit)) in left)
        objections += [each for each in undone if isinstance(each, Objection)]
        scripts = [each for each in undone if isinstance(each, RollbackStep)]
        removals += scripts
        statements = tuple(statement for script in scripts for statement in script.statements)
        steps.append(Step(name, Action.REMOVE, statements, (), _back_again(applied[name])))
    return Gone(moved, (), tuple(steps), tuple(removals), tuple(objections))


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


def _order(known: Applied) -> tuple[int, int]:
    version, step = known.story[0]
    return version.version, step.position


def _undone(name: str, known: Applied, leaves: Callable[[int, str], bool]) -> list[RollbackStep | Objection]:
    """``leaves`` tells whether what a version did for a unit is taken back, too."""
    found: list[RollbackStep | Objection] = []
    for version, step in reversed(known.story):
        staying = [unit for unit in step.undo.together if not leaves(version.version, unit)]
        undo = step.undo
        if step.later is not None and (staying or not undo.together):
            undo = step.later
        elif staying:
            found.append(_taken_together(name, version, staying))
            continue
        if undo.kind is UndoKind.NOTHING:
            continue
        if undo.script is None:
            found.append(_cannot(name, version, step))
        elif undo.script:
            title = f"undo of {step.unit} in version {version.version}"
            statements = resolve_flat(title, undo.script)
            found.append(RollbackStep(version.version, step.unit, undo.kind, statements))
    return found


def _back_again(known: Applied) -> Undo:
    """What takes the removal back: what ran of the unit, once more."""
    script = "".join(known.scripts)
    if f"\n-- {LEFT_OUT} " in script:
        return Undo(UndoKind.MISSING, None, "its rows were too many to be recorded")
    return Undo(UndoKind.PREVIOUS, script, "runs again what ran before")


def _cannot(name: str, version: Version, step: AppliedStep) -> Objection:
    return Objection(
        name,
        f"{name} has left the tree, and cannot be taken back: in version {version.version} it has no undo: "
        f"{step.undo.reason}",
        "put it back, commit its undo script, and take it out in the commit after that; "
        'or set on_removed = "keep" for this tree',
    )


def _taken_together(name: str, version: Version, staying: Sequence[str]) -> Objection:
    return Objection(
        name,
        f"{name} has left the tree, but what takes it back takes back {', '.join(staying)}, too: "
        f"they came together in version {version.version}",
        "put it back, commit an undo script for it alone, and take it out in the commit after that; "
        'or set on_removed = "keep" for this tree',
    )


def _refused(name: str, known: Applied) -> Objection:
    return Objection(
        name,
        f"{name} has left the tree, but is applied since version {known.story[0][0].version}",
        'put it back; or set on_removed = "keep" or "undo" for this tree',
    )
