"""What of a plan in segments cannot be taken back, as far as that is known before it runs."""

from collections.abc import Iterator
from typing import NamedTuple

from mainsql.errors import Place
from mainsql.model import Alone, Plan, UndoKind
from mainsql.plan.segments import SPLIT, segments, split_units, undo_alone
from mainsql.script.outside import is_watched


class Lacking(NamedTuple):
    """A unit that will have no undo, and the statement that is to blame, where it is one."""

    unit: str
    place: Place | None
    reason: str

    def __str__(self) -> str:
        return f"{self.place or self.unit}: {self.reason}"


def lacking_undo(plan: Plan) -> Iterator[Lacking]:
    """Each reason why a unit will have no undo. Nothing where all is one transaction: that is watched."""
    found = segments(plan)
    if not found:
        return
    # The grammar takes a while to import.
    from mainsql.script.syntax.undertaking import undertaking

    written = {step.unit for step in plan.steps if step.undo.kind is UndoKind.WRITTEN}
    for unit in sorted(split_units([segment.units for segment in found]) - written):
        yield Lacking(unit, None, SPLIT)
    for segment in found:
        if not isinstance(segment, Alone) or segment.unit in written:
            continue
        about = undertaking(segment.statement.text)
        undo = undo_alone(plan, segment, about, None)
        if undo.kind is UndoKind.MISSING and not is_watched(about):
            yield Lacking(segment.unit, segment.statement.place, undo.reason or "")
