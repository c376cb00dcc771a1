"""Which statements of a plan have their undo derived together, and the plan with what was derived."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mainsql.model import Action, Plan, Refusal, Statement, Step, Undo, UndoKind, UndoPolicy, UpToDate


@dataclass(frozen=True, slots=True)
class Part:
    """Statements that run one after the other, removals first where it ``removes``.

    ``units`` are those that do something in it, in order. Where it ``derives``, what takes all of
    them back is derived from the catalogs before and after; else it is written beside each.
    """

    units: tuple[str, ...]
    statements: tuple[Statement, ...]
    derives: bool
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What came of deriving the undo of some units together: a script, or why there is none."""

    units: tuple[str, ...]
    undo: Undo


def parts(plan: Plan) -> tuple[Part, ...]:
    """The plan's program in parts, as few as there can be. They alternate: derived, written, derived."""
    written = {step.unit for step in plan.steps if step.undo.kind is UndoKind.WRITTEN}
    removed = tuple(step.unit for step in plan.steps if step.takes_back)
    parts: list[tuple[bool, list[Statement], dict[str, None]]] = []
    if removed:
        parts.append((True, [], dict.fromkeys(removed)))
    for statement in plan.program:
        derives = statement.unit not in written
        neutral = statement.sets_stage or statement.command
        if not parts or not (neutral or parts[-1][0] == derives):
            parts.append((derives, [], {}))
        _, statements, units = parts[-1]
        statements.append(statement)
        if not neutral:
            units[statement.unit] = None
    return tuple(
        Part(tuple(units), tuple(statements), derives, removes=bool(removed) and number == 0)
        for number, (derives, statements, units) in enumerate(parts)
    )


def keeping_units(plan: Plan, *, everywhere: bool) -> frozenset[str]:
    """The units whose rows are kept when they take them away: all of them, or those that say so.

    What is taken back together is kept together.
    """
    says = {unit.name for unit in plan.tree.units if unit.keeps_data}
    return frozenset(
        unit for part in parts(plan) if everywhere or not says.isdisjoint(part.units) for unit in part.units
    )


def split(found: Sequence[Part]) -> frozenset[str]:
    """The units that are in more than one of the segments whose undo is derived: there is none for them."""
    derived = Counter(unit for segment in found if segment.derives for unit in segment.units)
    return frozenset(unit for unit, count in derived.items() if count > 1)


def is_derived(plan: Plan, policy: UndoPolicy) -> bool:
    """Whether the undo of a plan is derived while it runs, where nobody wrote one.

    A file that says that rows are kept needs that, whatever the target demands.
    """
    return policy is not UndoPolicy.OPTIONAL or bool(keeping_units(plan, everywhere=False))


def expecting(found: Plan | UpToDate | Refusal, policy: UndoPolicy) -> Plan | UpToDate | Refusal:
    """A plan whose undo will be derived while it runs, where nobody wrote one; all else as it is."""
    if not isinstance(found, Plan) or not is_derived(found, policy):
        return found
    steps = (
        replace(step, undo=replace(step.undo, kind=UndoKind.DERIVED))
        if step.undo.kind is UndoKind.MISSING
        else step
        for step in found.steps
    )
    return replace(found, steps=tuple(steps))


def lacking(plan: Plan) -> tuple[str, ...]:
    """What of a plan cannot be taken back: each unit with the reason."""
    return tuple(
        f"{step.unit}: {step.undo.reason}"
        for step in plan.steps
        if step.undo.kind is UndoKind.MISSING and step.action is not Action.UNDO
    )


def with_undos(plan: Plan, found: Iterable[Found]) -> Plan:
    """The plan with the undo scripts that were derived, where nobody wrote one.

    Where rows would be lost, and the text that was there before can run again, it does.
    """
    derived: dict[str, Undo] = {}
    for each in found:
        units = frozenset(each.units)
        steps = [step for step in plan.steps if step.unit in units and _may_change(step)]
        if each.undo.losses and all(step.undo.kind is UndoKind.PREVIOUS for step in steps):
            continue
        members = tuple(dict.fromkeys(step.unit for step in steps))
        if each.undo.kind is UndoKind.DERIVED and len(members) > 1:
            first, *others = members
            derived[first] = replace(each.undo, together=members)
            with_it = Undo(UndoKind.DERIVED, "", f"taken back together with {first}", (first,))
            derived |= dict.fromkeys(others, with_it)
        else:
            derived |= dict.fromkeys(members, each.undo)
    nothing = Undo(UndoKind.MISSING, None, "nobody looked at what it did")
    return replace(plan, steps=tuple(_settled(step, derived.get(step.unit, nothing)) for step in plan.steps))


def _may_change(step: Step) -> bool:
    return (
        step.action not in (Action.UNDO, Action.MOVE, Action.ACCEPT)
        and step.undo.kind is not UndoKind.WRITTEN
    )


def _settled(step: Step, derived: Undo) -> Step:
    if not _may_change(step):
        return step
    if derived.kind is not UndoKind.MISSING:
        return replace(step, undo=derived)
    if step.undo.kind in (UndoKind.NOTHING, UndoKind.PREVIOUS):
        return step
    reason = "; ".join(filter(None, (step.undo.reason, f"and none was derived: {derived.reason}")))
    return replace(step, undo=Undo(UndoKind.MISSING, None, reason))
