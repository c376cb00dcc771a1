"""What a plan came to, where that was decided only while it ran: what is recorded says what ran."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mainsql.model import Action, Plan, Statement, Step, Undo, UndoKind, Unit
from mainsql.script.render import render
from mainsql.script.variables import quoted_argument


@dataclass(frozen=True, slots=True)
class Ran:
    """What was sent, in order, with the values of all variables; ``values`` are those at each unit's end."""

    statements: tuple[Statement, ...]
    values: Mapping[str, Mapping[str, str]]


def late_undos(plan: Plan) -> frozenset[str]:
    """The units whose undo scripts ask for variables that have their values only while the plan runs."""
    changed = {step.unit for step in plan.steps}
    return frozenset(unit.name for unit in plan.tree.units if unit.name in changed and _asked(unit))


def settled(plan: Plan, ran: Ran) -> Plan:
    """The plan with what really ran, and with undo scripts that need nothing but themselves."""
    if not any(statement.late for statement in plan.program) and not late_undos(plan):
        return plan
    units = {unit.name: unit for unit in plan.tree.units}
    return replace(plan, steps=tuple(_settled(step, units.get(step.unit), ran) for step in plan.steps))


def _settled(step: Step, unit: Unit | None, ran: Ran) -> Step:
    if unit is None or step.takes_back or step.action in (Action.MOVE, Action.ACCEPT):
        return step
    ours = [i for i, s in enumerate(ran.statements) if s.unit == step.unit]
    statements = tuple(s for i in ours if not (s := ran.statements[i]).sets_stage)
    if step.statements and not statements:
        nothing = Undo(UndoKind.NOTHING, "", "nothing of it ran: its conditions were not true")
        return replace(step, statements=(), undo=nothing)
    step = replace(step, statements=statements)
    if not step.undo_body:
        return step
    last = ours[-1] if ours else len(ran.statements)
    stage = [s for s in ran.statements[: last + 1] if s.sets_stage]
    values = ran.values.get(step.unit, {})
    given = "".join(
        f"\\set {name} {quoted_argument(values[name])}\n"
        for name in sorted(_asked(unit))
        if step.undo.kind is UndoKind.WRITTEN and name in values
    )
    return replace(step, undo=replace(step.undo, script=render(stage) + given + step.undo_body))


def _asked(unit: Unit) -> set[str]:
    return {name for statement in unit.undo or () for name in statement.asks}
