"""Tree + history → Plan | UpToDate | Refusal."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from mainsql.model import (
    ASKS,
    Action,
    AppliedStep,
    Commit,
    Directive,
    History,
    Note,
    Objection,
    OnRemoved,
    Plan,
    Refusal,
    Statement,
    Step,
    Tree,
    Undo,
    UndoKind,
    Unit,
    UpToDate,
    Version,
    essential,
    undo_path,
)
from mainsql.plan.editing import edited, left_behind, runs_again
from mainsql.plan.leaving import find_gone, held_back
from mainsql.plan.program import reduced
from mainsql.plan.state import Applied, TakenBack, applied_units, taken_back, taken_back_whole
from mainsql.script.render import LEFT_OUT, render


class _Stages:
    """What sets the stage for each unit: all such statements up to the unit's last one."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def of(self, unit: Unit) -> list[Statement]:
        everything, count = self._found
        return everything[: count.get(unit.name, 0)]

    @cached_property
    def _found(self) -> tuple[list[Statement], Mapping[str, int]]:
        everything: list[Statement] = []
        count: dict[str, int] = {}
        for statement in self._tree.program:
            if statement.sets_stage and not statement.command:
                everything.append(statement)
            count[statement.unit] = len(everything)
        return everything, count


def plan(
    tree: Tree,
    commit: Commit,
    history: History,
    *,
    whole: bool = False,
    on_removed: OnRemoved = OnRemoved.KEEP,
) -> Plan | UpToDate | Refusal:
    """What this commit's tree would do to a database with this history.

    With ``whole`` all of the tree runs whenever it differs from what the current version ran;
    otherwise each unit runs, or part of it, as far as it is not applied yet. ``on_removed`` says
    what becomes of units that are not in the tree any more.
    """
    applied = applied_units(history)
    held = taken_back(history)
    current = history.current
    stages = _Stages(tree)
    gone = find_gone(tree, history, applied, held, OnRemoved.KEEP if whole else on_removed)
    steps: list[Step] = list(gone.steps)
    objections: list[Objection] = list(gone.objections)
    if whole:
        if current is not None and current.digest == tree.digest:
            return UpToDate(current.version, gone.kept)
        if (back := taken_back_whole(history, tree.digest)) is not None:
            objections.append(held_back(tree.units[0], tree.name, back))
    for unit in tree.units:
        if not whole and (moved_from := gone.moved.get(unit.name)) is not None:
            steps.append(_moved(unit, moved_from, applied[moved_from]))
            continue
        if unit.name in gone.reverted or unit.name in history.settled:
            continue
        match _decide(stages, unit, applied.get(unit.name), held, whole=whole):
            case Objection() as objection:
                objections.append(objection)
            case found:
                steps += found
    if objections:
        return Refusal(commit, history.number, tuple(objections))
    if not steps or not (whole or any(_makes_a_version(step, applied) for step in steps)):
        return UpToDate(history.number, gone.kept)
    forward = [step for step in steps if not step.takes_back]
    running = [statement for step in forward for statement in step.statements]
    changed = {step.unit for step in steps}
    unchanged = (u for u in tree.units if u.name in history.settled or (u.digests and u.name not in changed))
    return Plan(
        tree,
        commit,
        history.number,
        history.next_version,
        tuple(_as_they_run(steps, tree)),
        reduced(tree.program, running) if running else (),
        tuple(unit.name for unit in unchanged),
        gone.kept,
        () if whole else tuple(_notes(tree, steps, applied)),
        gone.removals,
    )


def _as_they_run(steps: Sequence[Step], tree: Tree) -> Iterator[Step]:
    """The steps in the order in which they run, so that the reverse takes them back.

    A file that includes others before its own statements is entered before them, but runs after.
    """
    places = {id(statement): number for number, statement in enumerate(tree.program)}
    begins = {
        step.unit: places[id(step.statements[0])] for step in steps if step.statements and not step.takes_back
    }
    reached = -1
    keyed: list[tuple[int, Step]] = []
    for step in steps:
        reached = begins.get(step.unit, reached)
        keyed.append((reached, step))
    return (step for _, step in sorted(keyed, key=lambda pair: pair[0]))


def plan_acceptance(
    tree: Tree, commit: Commit, history: History, names: Collection[str]
) -> Plan | UpToDate | Refusal:
    """Records units as applied as they are in this commit's tree, without running them."""
    applied = applied_units(history)
    units = {unit.name: unit for unit in tree.units}
    objections = [
        Objection(name, f"there is no unit {name} in the tree", "`mainsql tree` shows their names")
        for name in names
        if name not in units
    ]
    if objections:
        return Refusal(commit, history.number, tuple(objections))
    steps = tuple(
        Step(
            unit.name,
            Action.ACCEPT,
            unit.counted,
            unit.digests,
            Undo(UndoKind.NOTHING, ""),
            unit.undo_digest,
        )
        for unit in tree.units
        if unit.name in names
        and unit.name not in history.settled
        and (unit.name not in applied or applied[unit.name].digests != unit.digests)
    )
    if not steps:
        return UpToDate(history.number)
    return Plan(tree, commit, history.number, history.next_version, steps, ())


def _moved(unit: Unit, moved_from: str, known: Applied) -> Step:
    """Its undo script stays the one that is known: another one is recorded after the move, if there is."""
    nothing = Undo(UndoKind.NOTHING, "")
    return Step(unit.name, Action.MOVE, (), unit.digests, nothing, known.undo_digest, moved_from=moved_from)


def _notes(tree: Tree, steps: Sequence[Step], applied: Mapping[str, Applied]) -> Iterator[Note]:
    rerun = {step.unit for step in steps if step.action is Action.RERUN}
    for unit in tree.units:
        if unit.name in rerun and applied[unit.name].digests != unit.digests:
            yield from left_behind(unit, applied[unit.name])


def applied_steps(plan: Plan, durations: Mapping[str, timedelta]) -> tuple[AppliedStep, ...]:
    """What is recorded of a plan's steps when it has run; ``durations`` is by unit."""
    return tuple(applying(plan, durations, render))


def applying(
    plan: Plan, durations: Mapping[str, timedelta], script: Callable[[Sequence[Statement]], str]
) -> Iterator[AppliedStep]:
    """The same, one after the other, with what ``script`` makes of what ran."""
    return (
        AppliedStep(
            position,
            step.unit,
            step.action,
            step.digests,
            script(step.statements),
            step.undo,
            step.undo_digest,
            durations.get(step.unit, timedelta(0)),
            step.moved_from,
        )
        for position, step in enumerate(plan.steps, start=1)
    )


def applied(history: History, plan: Plan, at: datetime) -> History:
    """The history as it would be after the plan, to plan the commit that comes next."""
    steps = applied_steps(plan, {})
    version = Version(
        history.tree,
        plan.version,
        plan.commit,
        at,
        "",
        timedelta(0),
        plan.tree.digest,
        0,
        plan.undo.kind,
        steps,
    )
    return replace(history, versions=(*history.versions, version))


def _makes_a_version(step: Step, applied: Mapping[str, Applied]) -> bool:
    """Units that say ``always`` run in every version, but do not make one by themselves."""
    known = applied.get(step.unit)
    return step.action is not Action.RERUN or known is None or known.digests != step.digests


def _decide(
    stages: _Stages,
    unit: Unit,
    known: Applied | None,
    held: Mapping[tuple[str, tuple[str, ...]], TakenBack],
    *,
    whole: bool,
) -> list[Step] | Objection:
    digests = unit.digests
    always = whole or unit.directive is Directive.ALWAYS
    if known is not None and essential(known.digests) == essential(digests):
        steps: list[Step] = []
        if unit.undo_digest not in (None, known.undo_digest):
            steps.append(_step(stages, unit, Action.UNDO, known, len(digests)))
        if always and digests:
            steps.append(_step(stages, unit, Action.RERUN, known, 0))
        return steps
    if (back := held.get((unit.name, digests))) is not None:
        return held_back(unit, unit.name, back)
    if known is None:
        return [_step(stages, unit, Action.RUN, None, 0)] if digests else []
    if always or unit.directive is Directive.REPEATABLE:
        return [_step(stages, unit, Action.RERUN, known, 0)]
    if (start := _grown_from(digests, known.digests)) is not None:
        return [_step(stages, unit, Action.APPEND, known, start)]
    why = runs_again(unit, known) if unit.directive is None else None
    if unit.directive is None and why is None:
        return [_step(stages, unit, Action.RERUN, known, 0)]
    return edited(unit, known, why)


def _grown_from(digests: tuple[str, ...], applied: tuple[str, ...]) -> int | None:
    """Where what is new begins, if what was applied is a prefix; queries that only ask may differ."""
    if digests[: len(applied)] == applied:
        return len(applied)
    wanted = essential(applied)
    if essential(digests)[: len(wanted)] != wanted:
        return None
    places = [i for i, digest in enumerate(digests, start=1) if not digest.startswith(ASKS)]
    return places[len(wanted) - 1] if wanted else 0


def _step(stages: _Stages, unit: Unit, action: Action, known: Applied | None, start: int) -> Step:
    statements = unit.counted[start:]
    undo, body = _undo(unit, action, known), None
    if undo.kind in (UndoKind.WRITTEN, UndoKind.PREVIOUS):
        body = undo.script or ""
        undo = replace(undo, script=body and render(stages.of(unit)) + body)
    return Step(unit.name, action, statements, unit.digests, undo, unit.undo_digest, body)


def _undo(unit: Unit, action: Action, known: Applied | None) -> Undo:
    """How a step is taken back; its script without what sets the stage for it."""
    path = undo_path(unit.place.path)
    if known is not None and action is Action.RERUN and known.digests == unit.digests:
        return Undo(UndoKind.NOTHING, "")
    if unit.undo is not None and (known is None or unit.undo_digest != known.undo_digest):
        return Undo(UndoKind.WRITTEN, render(unit.undo))
    if known is None:
        return _missing(f"there is no {path}")
    number = known.version.version
    if action is Action.RERUN:
        before = "".join(known.scripts)
        if f"\n-- {LEFT_OUT} " in before:
            return _missing(
                f"there is no new {path}, and the rows of version {number} were too many to be recorded"
            )
        return Undo(UndoKind.PREVIOUS, before, f"runs the text of version {number} again")
    if unit.undo is None:
        return _missing(f"there is no {path}")
    return _missing(f"{path} is as it was in version {number}: it takes back that version, not this change")


def _missing(reason: str) -> Undo:
    return Undo(UndoKind.MISSING, None, reason)
