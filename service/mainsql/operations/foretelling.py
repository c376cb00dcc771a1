"""How much of what plans take away will be kept, told before it is done."""

from collections.abc import Sequence
from dataclasses import replace

from mainsql.database.foretelling import foretell
from mainsql.database.session import Session
from mainsql.model import Foretold, Plan, UndoKind
from mainsql.operations.planning import Foreseen, Keeps
from mainsql.operations.target import Target
from mainsql.plan.consequences import consequences
from mainsql.plan.undoing import keeping_units


def with_kept(target: Target, commits: Sequence[Foreseen]) -> list[Foreseen]:
    """The same commits, each with what it will keep of what is in the target now.

    Raises DatabaseUnavailable.
    """
    keeping = [_keeping(target, each) for each in commits]
    if not any(keeping):
        return list(commits)
    with target.connect() as session:
        return [
            replace(each, keeps=_kept(session, each.outcome, units))
            if isinstance(each.outcome, Plan) and units
            else each
            for each, units in zip(commits, keeping, strict=True)
        ]


def _keeping(target: Target, commit: Foreseen) -> frozenset[str]:
    if not isinstance(commit.outcome, Plan):
        return frozenset()
    return keeping_units(commit.outcome, everywhere=target.keeps_data)


def _kept(session: Session, plan: Plan, units: frozenset[str]) -> Keeps:
    found: dict[str, tuple[Foretold, ...]] = {}
    for step, does in zip(plan.steps, consequences(plan), strict=True):
        rows = [(lost.rows, lost.path) for lost in does.losses if lost.rows is not None]
        written = step.undo.kind is UndoKind.WRITTEN
        told = tuple(replace(each, written=written) for lost in rows for each in foretell(session, *lost))
        if told and step.unit in units:
            found[step.unit] = told
    return found
