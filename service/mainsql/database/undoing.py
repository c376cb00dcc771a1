"""Runs undo scripts, for good or on trial."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from mainsql.database.limits import Limits
from mainsql.database.performance import Performance, Progress
from mainsql.database.proving import taken_back
from mainsql.database.savepoints import on_trial
from mainsql.database.session import Session
from mainsql.errors import Retry, StatementError
from mainsql.model import History, Plan, Proof, Refusal, RollbackStep
from mainsql.plan.planner import applied
from mainsql.plan.rollback import plan_rollback
from mainsql.undo.comparing import Verdict
from mainsql.undo.differences import lines
from mainsql.undo.recording import Recorded


def run_undos(session: Session, steps: Iterable[RollbackStep], limits: Limits, progress: Progress) -> None:
    """Runs undo scripts, each on a clean session. Raises StatementError, DatabaseError, Cancelled."""
    for step in steps:
        # Each script brings the stage that it needs; it must not inherit that of another.
        session.reset_stage()
        session.set_timeouts(lock=limits.lock_timeout, statement=limits.statement_timeout)
        Performance(session, {}).run(step.statements, progress)


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of trying the undo of a plan that has just run, and ``why`` where it failed."""

    proof: Proof
    why: tuple[str, ...] = ()


def prove(session: Session, plan: Plan, objects: Collection[Recorded], limits: Limits) -> Proven:
    """Runs the undo of a plan that has just run, compares, and takes all of that back.

    ``objects`` is what the plan did to the catalogs. Raises DatabaseError, Cancelled.
    """
    alone = applied(History(plan.tree.name), plan, datetime.now(UTC))
    rollback = plan_rollback(alone, 0)
    if isinstance(rollback, Refusal):
        return Proven(Proof.FAILED, tuple(each.reason for each in rollback.objections))
    with on_trial(session):
        try:
            run_undos(session, rollback.steps, limits, lambda _: None)
            session.settle_constraints()
        except StatementError as error:
            if error.retry is Retry.LATER:
                raise
            return Proven(Proof.FAILED, tuple(error.report().splitlines()))
        session.own_stage(limits.lock_timeout)
        found = taken_back(session, [tuple(objects)], [step.undo for step in plan.steps])
    match found.verdict:
        case Verdict.EQUAL:
            return Proven(Proof.LOSSY if plan.undo.losses else Proof.PROVEN)
        case Verdict.ORDER:
            return Proven(Proof.ORDER)
    return Proven(Proof.FAILED, tuple(lines(found, ("what was there before", "what its undo leaves"))))
