"""Divides what runs into segments: one transaction as far as can be, and what must run alone apart."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain, groupby

from mainsql.model import (
    Action,
    Alone,
    AppliedStep,
    History,
    Plan,
    Rollback,
    RollbackStep,
    Segment,
    SegmentKind,
    SegmentRecord,
    Statement,
    Step,
    Trace,
    Transaction,
    Undo,
    UndoKind,
    Version,
    undo_of,
)
from mainsql.plan.program import reduced
from mainsql.script import classify
from mainsql.script.normal import tokens
from mainsql.script.outside import RebuildsIndexes, Repeats, Undertaking
from mainsql.script.render import render
from mainsql.script.resolver import resolve_flat


def segments(plan: Plan) -> tuple[Segment, ...]:
    """The segments in which a plan runs; none where all of it is one transaction."""
    if not _holds_alone(plan.removals, plan.program):
        return ()
    builder = _Builder()
    for step in plan.removals:
        builder.add_step(step)
    builder.add_program(plan.program)
    return builder.finished()


def rollback_segments(rollback: Rollback) -> tuple[Segment, ...]:
    """The segments in which a rollback runs; none where all of it is one transaction."""
    if not _holds_alone(rollback.steps, ()):
        return ()
    builder = _Builder()
    for step in rollback.steps:
        builder.add_step(step)
    return builder.finished()


def _holds_alone(steps: Iterable[RollbackStep], program: Iterable[Statement]) -> bool:
    return any(s.alone for s in program) or any(s.alone for step in steps for s in step.statements)


class _Builder:
    """Puts statements together that may run in one transaction."""

    def __init__(self) -> None:
        self._found: list[Segment] = []
        self._open = False

    def add_step(self, step: RollbackStep) -> None:
        """Adds an undo script."""
        for end, running in _runs(step.statements):
            part = reduced(step.statements[:end], running)
            match running:
                case [Statement(alone=True) as only]:
                    self._add_alone(step.unit, only, part, replace(step, statements=part))
                case _:
                    self._join(replace(step, statements=part))
        if not any(_counts(statement) for statement in step.statements):
            self._join(step)

    def add_program(self, program: Sequence[Statement]) -> None:
        """Adds the program of a plan."""
        for end, running in _runs(program):
            part = reduced(program[:end], running)
            match running:
                case [Statement(alone=True) as only]:
                    self._add_alone(only.unit, only, part)
                case _ if self._open and isinstance(last := self._found[-1], Transaction):
                    self._found[-1] = replace(last, program=part, running=running)
                case _:
                    self._found.append(Transaction((), part, running))
            self._open = False

    def finished(self) -> tuple[Segment, ...]:
        """All of them, in order."""
        return tuple(self._found)

    def _add_alone(
        self,
        unit: str,
        statement: Statement,
        program: tuple[Statement, ...],
        step: RollbackStep | None = None,
    ) -> None:
        """Adds a statement that runs alone: in a transaction of its own, if it can, for that is atomic."""
        self._open = False
        if not classify.is_atomic(tokens(statement.text)):
            stage = tuple(each for each in program if each is not statement)
            self._found.append(Alone(unit, statement, stage))
        elif step is not None:
            self._found.append(Transaction((step,), (), ()))
        else:
            self._found.append(Transaction((), program, (statement,)))

    def _join(self, step: RollbackStep) -> None:
        last = self._found[-1] if self._found else None
        if self._open and isinstance(last, Transaction):
            self._found[-1] = replace(last, removals=(*last.removals, step))
        else:
            self._found.append(Transaction((step,), (), ()))
        self._open = True


def _runs(program: Sequence[Statement]) -> Iterable[tuple[int, tuple[Statement, ...]]]:
    """The statements that do something, in runs of those that may be together; where each run ends."""
    counted = [(index, statement) for index, statement in enumerate(program) if _counts(statement)]
    for alone, group in groupby(counted, key=lambda pair: pair[1].alone):
        run = list(group)
        if alone:
            yield from ((index + 1, (statement,)) for index, statement in run)
        else:
            last, _ = run[-1]
            # A branch that is open is closed behind it, by commands.
            end = next((i for i in range(last + 1, len(program)) if _counts(program[i])), len(program))
            yield end, tuple(statement for _, statement in run)


def _counts(statement: Statement) -> bool:
    return not (statement.sets_stage or statement.command)


def digest(segment: Segment) -> str:
    """Equal for two segments that do the same."""
    match segment:
        case Transaction(removals, program):
            lines = [f"{step.unit}\0{s.digest}" for step in removals for s in step.statements]
            lines += [f"{s.unit}\0{s.digest}" for s in program]
        case Alone(unit, statement, stage):
            lines = [f"{unit}\0{s.digest}" for s in (*stage, statement)]
    return hashlib.sha256("\n".join([type(segment).__name__, *lines]).encode()).hexdigest()


def as_records(found: Iterable[Segment]) -> tuple[SegmentRecord, ...]:
    """The segments as they are written down before the first of them begins."""
    return tuple(
        SegmentRecord(
            position,
            SegmentKind.ALONE if isinstance(segment, Alone) else SegmentKind.TRANSACTION,
            segment.units,
            render((*segment.stage, segment.statement)) if isinstance(segment, Alone) else None,
            digest(segment),
        )
        for position, segment in enumerate(found, start=1)
    )


def lone(record: SegmentRecord) -> Alone:
    """The statement that runs alone, from what was written down of it."""
    *stage, statement = resolve_flat(record.units[0], record.script or "")
    return Alone(record.units[0], statement, tuple(stage))


def portion(plan: Plan, segment: Transaction) -> Plan:
    """The part of a plan that one of its transactions is."""
    return replace(
        plan,
        steps=tuple(step for step in (_part(step, segment) for step in plan.steps) if step is not None),
        program=segment.program,
        removals=segment.removals,
    )


def _part(step: Step, segment: Transaction) -> Step | None:
    if step.takes_back:
        back = {removal.unit for removal in segment.removals}
        return step if step.unit in back else None
    ours = {id(statement) for statement in segment.running}
    statements = tuple(statement for statement in step.statements if id(statement) in ours)
    return replace(step, statements=statements) if statements else None


def traces(plan: Plan, durations: Mapping[str, timedelta]) -> tuple[Trace, ...]:
    """What a portion did that has run; ``durations`` is by unit."""
    return tuple(
        Trace(step.unit, render(step.statements), step.undo, durations.get(step.unit, timedelta(0)))
        for step in plan.steps
    )


def undo_alone(plan: Plan, segment: Alone, about: Undertaking, derived: Undo | None) -> Undo:
    """How a statement that ran alone is taken back; ``derived`` is what the catalogs tell of that."""
    planned = next(step.undo for step in plan.steps if step.unit == segment.unit)
    if planned.kind is UndoKind.WRITTEN:
        return planned
    if derived is not None and derived.kind is not UndoKind.MISSING:
        return derived
    if isinstance(about, (Repeats, RebuildsIndexes)):
        return Undo(UndoKind.NOTHING, "", "there is nothing to take back of it")
    if planned.kind in (UndoKind.NOTHING, UndoKind.PREVIOUS):
        return planned
    why = derived.reason if derived else "what runs outside a transaction is not watched"
    reason = "; ".join(filter(None, (planned.reason, f"and none was derived: {why}")))
    return Undo(UndoKind.MISSING, None, reason)


_NOTHING_RUNS = frozenset([Action.UNDO, Action.MOVE, Action.ACCEPT])
SPLIT = "its statements stand before and after those that run outside the transaction: put them into a file"


def split_units(found: Sequence[Sequence[str]]) -> set[str]:
    """The units that run in several segments with others in between; ``found`` are the units of each."""
    places: dict[str, list[int]] = {}
    for number, units in enumerate(found):
        for unit in units:
            places.setdefault(unit, []).append(number)
    return {unit for unit, numbers in places.items() if numbers[-1] - numbers[0] >= len(numbers)}


def untried(plan: Plan) -> frozenset[str]:
    """The units whose written undo script cannot be tried in the transaction in which they run.

    It runs outside of one, or takes back what ran outside of it, or in another one, too.
    """
    units = [segment.units for segment in segments(plan)]
    apart = {unit for unit, count in Counter(chain.from_iterable(units)).items() if count > 1}
    apart |= {segment.unit for segment in segments(plan) if isinstance(segment, Alone)}
    return frozenset(
        step.unit
        for step in plan.steps
        if step.undo.kind is UndoKind.WRITTEN
        and step.action not in _NOTHING_RUNS
        and (step.unit in apart or any(s.alone for s in resolve_flat(step.unit, step.undo.script or "")))
    )


def assembled(
    planned: Iterable[AppliedStep], found: Sequence[Sequence[Trace]], *, complete: bool
) -> tuple[AppliedStep, ...]:
    """The steps of a version, with what the segments did; ``found`` are their traces, in order.

    Unless it is ``complete``, some of its units have not run, or not all of them.
    """
    split = split_units([[trace.unit for trace in made] for made in found])
    # What one script takes back together is split where one of the units is.
    split |= {
        unit
        for made in found
        for trace in made
        for unit in trace.undo.together
        if not split.isdisjoint(trace.undo.together)
    }
    steps = []
    for step in planned:
        ours = [trace for made in found for trace in made if trace.unit == step.unit]
        if ours and step.action not in _NOTHING_RUNS:
            steps.append(_joined(step, ours, split=step.unit in split))
        elif complete:
            steps.append(step)
        elif step.action not in _NOTHING_RUNS:
            steps.append(replace(step, script="", undo=Undo(UndoKind.NOTHING, "", "nothing of it ran")))
    return tuple(replace(step, position=number) for number, step in enumerate(steps, start=1))


def with_part(history: History) -> History:
    """The history with what is in progress as its newest version, as far as it has come."""
    under_way = history.progress
    if under_way is None or under_way.commit is None:
        return history
    steps = assembled(under_way.steps, under_way.traces, complete=False)
    version = Version(
        history.tree,
        under_way.version,
        under_way.commit,
        under_way.begun_at,
        under_way.begun_by,
        timedelta(0),
        under_way.digest,
        0,
        undo_of([(step.action, step.undo) for step in steps]).kind,
        steps,
        proof=under_way.proof,
        signer=under_way.signer,
    )
    return replace(history, versions=(*history.versions, version))


def _joined(step: AppliedStep, ours: Sequence[Trace], *, split: bool) -> AppliedStep:
    first, last = ours[0], ours[-1]
    return replace(
        step,
        script="".join(trace.script for trace in ours),
        undo=last.undo if len(ours) == 1 and not split else _undo([t.undo for t in ours], split=split),
        duration=sum((trace.duration for trace in ours[1:]), first.duration),
    )


def _undo(undos: Sequence[Undo], *, split: bool) -> Undo:
    """How a unit is taken back that ran in several segments: in a row, unless it is ``split``."""
    if (last := undos[-1]).kind in (UndoKind.WRITTEN, UndoKind.PREVIOUS):
        return last
    if all(undo.kind is UndoKind.NOTHING for undo in undos):
        return last
    if split or any(undo.together for undo in undos):
        return Undo(UndoKind.MISSING, None, SPLIT)
    missing = [undo.reason for undo in undos if undo.kind is UndoKind.MISSING and undo.reason]
    if missing:
        return Undo(UndoKind.MISSING, None, "; ".join(dict.fromkeys(missing)))
    losses = tuple(loss for undo in undos for loss in undo.losses)
    return Undo(UndoKind.DERIVED, "".join(undo.script or "" for undo in reversed(undos)), losses=losses)
