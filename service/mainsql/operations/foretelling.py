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
            replace(each, keeps=foretold(session, target, each.outcome))
            if isinstance(each.outcome, Plan) and keeps
            else each
            for each, keeps in zip(commits, keeping, strict=True)
        ]


def _keeping(target: Target, commit: Foreseen) -> bool:
    plan = commit.outcome
    return isinstance(plan, Plan) and bool(keeping_units(plan, everywhere=target.keeps_data))


def foretold(session: Session, target: Target, plan: Plan) -> Keeps:
    """What a plan will keep of what is in the database of the session now. Raises DatabaseError."""
    units = keeping_units(plan, everywhere=target.keeps_data)
    if not units:
        return {}
    found: dict[str, tuple[Foretold, ...]] = {}
    for step, does in zip(plan.steps, consequences(plan), strict=True):
        rows = [(lost.rows, lost.path) for lost in does.losses if lost.rows is not None]
        written = step.undo.kind is UndoKind.WRITTEN
        told = [replace(each, written=written) for lost in rows for each in foretell(session, *lost)]
        if told and step.unit in units:
            # A table is dropped by itself and with its parent: it is kept once.
            found[step.unit] = tuple({each.what: each for each in reversed(told)}.values())[::-1]
    return found
