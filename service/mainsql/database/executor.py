"""Runs a plan in the transaction that it is given, and records it in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass

from mainsql.database import ledger
from mainsql.database.performance import Performance, Progress
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, StatementError
from mainsql.model import Plan, Rollback, RollbackStep
from mainsql.plan.settling import late_undos, settled


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds; 0 for none."""

    lock_timeout: float = 5.0
    statement_timeout: float = 0.0


def apply(
    session: Session,
    plan: Plan,
    ledger_plan: Plan | None,
    *,
    by: str,
    limits: Limits,
    progress: Progress,
    one_by_one: bool = False,
) -> Performance:
    """Installs or upgrades the ledger if it must, runs the plan, records it.

    The caller has begun the transaction, holds the lock, and commits. Unless ``one_by_one``,
    statements are sent in batches, and an error may be ``vague``. Raises StatementError,
    DatabaseError, Cancelled; then the transaction must be rolled back.
    """
    session.set_timeouts(lock=limits.lock_timeout, statement=0)
    if ledger_plan is not None:
        _upgrade_ledger(session, ledger_plan, by, limits)
    transaction_id = session.transaction_id()
    session.set_timeouts(lock=limits.lock_timeout, statement=limits.statement_timeout)
    with session.watching_blockers(limits.lock_timeout):
        if plan.removals:
            _undo(session, plan.removals, limits, progress)
            session.reset_stage()
            session.set_timeouts(lock=limits.lock_timeout, statement=limits.statement_timeout)
        performance = _perform(session, plan, progress, one_by_one=one_by_one)
    _settle(session, transaction_id, limits)
    ledger.record(session, settled(plan, performance.ran), performance.durations, by)
    return performance


def roll_back(
    session: Session, rollback: Rollback, *, by: str, why: str, limits: Limits, progress: Progress
) -> None:
    """Runs the undo scripts and marks the versions. As with ``apply``, the caller commits."""
    transaction_id = session.transaction_id()
    with session.watching_blockers(limits.lock_timeout):
        _undo(session, rollback.steps, limits, progress)
    _settle(session, transaction_id, limits)
    ledger.mark_rolled_back(session, rollback, by, why)


def _undo(session: Session, steps: Iterable[RollbackStep], limits: Limits, progress: Progress) -> None:
    for step in steps:
        # Each script brings the stage that it needs; it must not inherit that of another.
        session.reset_stage()
        session.set_timeouts(lock=limits.lock_timeout, statement=limits.statement_timeout)
        Performance(session, {}).run(step.statements, progress)


def _perform(session: Session, plan: Plan, progress: Progress, *, one_by_one: bool = False) -> Performance:
    values = {
        **session.variables(),
        "mainsql_commit": plan.commit.id,
        "mainsql_version": str(plan.onto),
    }
    performance = Performance(session, values, plan.tree, late_undos(plan))
    performance.run(plan.program, progress, one_by_one=one_by_one)
    return performance


def _settle(session: Session, transaction_id: int, limits: Limits) -> None:
    """Checks what was deferred, takes back what scripts SET, and that the transaction is still ours."""
    session.settle_constraints()
    session.reset_stage()
    session.set_timeouts(lock=limits.lock_timeout, statement=0)
    if session.transaction_id() != transaction_id:
        raise DatabaseError(
            "a script ended the transaction and began another: what ran before may have stayed",
            hint="compare the database with the tree, and take out of it what commits",
        )


def _upgrade_ledger(session: Session, plan: Plan, by: str, limits: Limits) -> None:
    try:
        performance = _perform(session, plan, lambda _: None)
    except StatementError as error:
        if error.sqlstate != "42501":
            raise
        user = session.user
        raise DatabaseError(
            f"role {user} may not create or change the ledger (schema mainsql) "
            f"in database {session.database}: {error.message}",
            hint=f"for the first deploy: GRANT CREATE ON DATABASE {session.database} TO {user}; "
            "or let a role deploy that may",
        ) from None
    session.reset_stage()
    session.set_timeouts(lock=limits.lock_timeout, statement=0)
    ledger.record(session, plan, performance.durations, by)
