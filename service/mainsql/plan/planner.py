"""Tree + history → Plan | UpToDate | Refusal."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from mainsql.model import (
    ASKS,
    Action,
    AppliedStep,
    Commit,
    Directive,
    History,
    Objection,
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
)
from mainsql.plan.editing import edited, left_behind, runs_again
from mainsql.plan.program import reduced
from mainsql.plan.state import Applied, TakenBack, applied_units, taken_back, taken_back_whole
from mainsql.script.paths import undo_path
from mainsql.script.render import LEFT_OUT, render


class _Stages:
    """What sets the stage for each unit: all such statements up to the unit's last one."""

    def __init__(self, tree: Tree) -> None:
        self._all: list[Statement] = []
        self._count: dict[str, int] = {}
        for statement in tree.program:
            if statement.sets_stage and not statement.command:
                self._all.append(statement)
            self._count[statement.unit] = len(self._all)

    def of(self, unit: Unit) -> list[Statement]:
        return self._all[: self._count.get(unit.name, 0)]


def plan(tree: Tree, commit: Commit, history: History, *, whole: bool = False) -> Plan | UpToDate | Refusal:
    """What this commit's tree would do to a database with this history.

    With ``whole`` all of the tree runs whenever it differs from what the current version ran;
    otherwise each unit runs, or part of it, as far as it is not applied yet.
    """
    applied = applied_units(history)
    held = taken_back(history)
    names = {unit.name for unit in tree.units}
    kept = tuple(name for name, known in applied.items() if name not in names and known.digests)
    current = history.current
    stages = _Stages(tree)
    steps: list[Step] = []
    objections: list[Objection] = []
    if whole:
        if current is not None and current.digest == tree.digest:
            return UpToDate(current.version, kept)
        if (back := taken_back_whole(history, tree.digest)) is not None:
            objections.append(_held(tree.units[0], tree.name, back))
    for unit in tree.units:
        match _decide(stages, unit, applied.get(unit.name), held, whole=whole):
            case Objection() as objection:
                objections.append(objection)
            case found:
                steps += found
    if objections:
        return Refusal(commit, history.number, tuple(objections))
    if not steps or not (whole or any(_makes_a_version(step, applied) for step in steps)):
        return UpToDate(history.number, kept)
    running = [statement for step in steps for statement in step.statements]
    program = reduced(tree.program, running) if running else ()
    changed = {step.unit for step in steps}
    rerun = {step.unit for step in steps if step.action is Action.RERUN and not whole}
    notes = [
        note
        for unit in tree.units
        if unit.name in rerun and applied[unit.name].digests != unit.digests
        for note in left_behind(unit, applied[unit.name])
    ]
    unchanged = tuple(u.name for u in tree.units if u.digests and u.name not in changed)
    return Plan(
        tree,
        commit,
        history.number,
        history.next_version,
        tuple(steps),
        program,
        unchanged,
        kept,
        tuple(notes),
    )


def applied(history: History, plan: Plan, at: datetime) -> History:
    """The history as it would be after the plan, to plan the commit that comes next."""
    steps = tuple(
        AppliedStep(
            position,
            step.unit,
            step.action,
            step.digests,
            render(step.statements),
            step.undo,
            step.undo_digest,
            timedelta(0),
        )
        for position, step in enumerate(plan.steps, start=1)
    )
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
        return _held(unit, unit.name, back)
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
    if known is not None and action is Action.RERUN and f"\n-- {LEFT_OUT} " in known.step.script:
        return Undo(
            UndoKind.MISSING,
            None,
            f"there is no new {path}, and the rows of version {known.version} were too many to be recorded",
        )
    if known is not None and action is Action.RERUN and known.step.action is not Action.APPEND:
        return Undo(UndoKind.PREVIOUS, known.step.script, f"runs the text of version {known.version} again")
    if unit.undo is None or known is None:
        return Undo(UndoKind.MISSING, None, f"there is no {path}")
    return Undo(
        UndoKind.MISSING,
        None,
        f"{path} is as it was in version {known.version}: it takes back that version, not this change",
    )


def _held(unit: Unit, name: str, back: TakenBack) -> Objection:
    rolled_back = back.rolled_back
    why = f" ({rolled_back.why})" if rolled_back.why else ""
    return Objection(
        unit.name,
        f"{name} was rolled back with version {back.version} by {rolled_back.by} "
        f"at {rolled_back.at:%Y-%m-%d %H:%M}{why}, and has not changed since",
        "change it, take it out of the tree, or release it with `mainsql resume`",
        unit.place,
    )
