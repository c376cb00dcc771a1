"""Runs a plan in the transaction that it is given, and records it in the same transaction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mainsql.database import guarding, ledger
from mainsql.database.archives import drop_used, record_archives
from mainsql.database.limits import Limits
from mainsql.database.observing import Foresight, Observer
from mainsql.database.performance import Performance, Progress
from mainsql.database.session import Session
from mainsql.database.undoing import prove, run_undos
from mainsql.errors import DatabaseError, Refused, StatementError
from mainsql.model import (
    Kept,
    Plan,
    Proof,
    Rollback,
    RollbackStep,
    UndoKind,
    UndoPolicy,
)
from mainsql.plan.segments import untried
from mainsql.plan.settling import late_undos, settled
from mainsql.plan.undoing import is_derived, lacking, with_undos
from mainsql.undo.recording import Recorded


@dataclass(frozen=True, slots=True)
class Manner:
    """How a plan is run: with which limits, and what its undo must be.

    Unless ``one_by_one``, statements are sent in batches, and an error may be ``vague``.
    ``foresight`` is what is read before, so that the undo can be derived after. ``proof`` is what
    is known of the undo because the version was rehearsed. ``keeps_data`` is that all rows that are
    taken away are kept; else those are whose files say so. ``segment`` is the position of the
    one that it is.
    """

    limits: Limits
    undo: UndoPolicy = UndoPolicy.DERIVED
    foresight: Foresight = field(default_factory=Foresight)
    one_by_one: bool = False
    proof: Proof = Proof.UNPROVEN
    keeps_data: bool = False
    segment: int = 1


def apply(
    session: Session,
    plan: Plan,
    ledger_plan: Plan | None,
    *,
    by: str,
    manner: Manner,
    progress: Progress,
) -> "Performed":
    """Installs or upgrades the ledger if it must, runs the plan, derives its undo, records it.

    The caller has begun the transaction, holds the lock, and commits. Raises StatementError,
    DatabaseError, Cancelled, FellShort; then the transaction must be rolled back.
    """
    session.own_stage(manner.limits.lock_timeout)
    if ledger_plan is not None:
        upgrade_ledger(session, ledger_plan, by, manner)
    done = perform(session, plan, manner=manner, progress=progress)
    durations = done.performance.durations
    ledger.record(session, done.plan, durations, by, proof=done.proof, objects=done.objects)
    record_archives(session, plan.tree.name, plan.version, done.kept)
    return done


@dataclass(frozen=True, slots=True)
class Performed:
    """A plan that has run, with what really ran and its undo; ``objects`` is None where nobody looked.

    ``kept`` are the rows that were kept.
    """

    plan: Plan
    performance: Performance
    objects: tuple[Recorded, ...] | None
    proof: Proof
    kept: tuple[Kept, ...] = ()


def perform(session: Session, plan: Plan, *, manner: Manner, progress: Progress) -> Performed:
    """Runs a plan in the transaction that is open, and derives its undo. Raises as ``apply`` does."""
    limits = manner.limits
    transaction_id = session.transaction_id()
    observer = _observer(session, plan, manner)
    if observer is not None:
        observer.keep()
    untouched = guarding.look(session, plan.tree.name)
    session.reset_stage()
    session.set_timeouts(lock=limits.lock_timeout, statement=limits.statement_timeout)
    performance = _run(session, plan, observer, manner, progress)
    _settle(session, transaction_id, limits)
    undone = (statement for removal in plan.removals for statement in removal.statements)
    guarding.check(session, plan.tree.name, untouched, (*performance.ran.statements, *undone))
    plan = settled(plan, performance.ran)
    if observer is None:
        return Performed(plan, performance, None, manner.proof)
    found, objects = observer.ends()
    plan = with_undos(plan, found)
    proof = manner.proof
    if manner.undo is UndoPolicy.REQUIRED:
        proof = _required(session, plan, objects, manner)
    return Performed(plan, performance, objects, proof, observer.kept)


def check_undo(plan: Plan) -> None:
    """Raises Refused when one of the steps cannot be taken back."""
    if plan.undo.kind is UndoKind.MISSING:
        raise no_undo(lacking(plan))


def no_undo(reasons: Iterable[str]) -> Refused:
    """The error that says that there is no undo, where the target demands one."""
    return Refused(
        'it cannot be taken back, and undo = "required" for this target:',
        reasons=tuple(reasons),
        hint='write the undo scripts, or set undo = "derived"',
    )


def _observer(session: Session, plan: Plan, manner: Manner) -> Observer | None:
    if not is_derived(plan, manner.undo):
        return None
    return Observer(session, plan, manner.foresight, keeps_data=manner.keeps_data, segment=manner.segment)


def check_tried(units: Collection[str], proof: Proof) -> None:
    """Raises Refused where the undo scripts of these units cannot be tried, and nobody has rehearsed them."""
    if units and proof is Proof.UNPROVEN:
        raise Refused(
            'its undo cannot be tried in its transaction, and undo = "required" for this target:',
            reasons=tuple(
                f"{unit}: it or its undo script runs outside a transaction" for unit in sorted(units)
            ),
            hint='set rehearse = "before" for this target, and it is tried in a scratch database; '
            'or set undo = "derived"',
        )


def _required(session: Session, plan: Plan, objects: Collection[Recorded], manner: Manner) -> Proof:
    """What is known of the plan's undo once it was tried. Raises Refused when it does not lead back."""
    check_undo(plan)
    if apart := untried(plan):
        check_tried(apart, manner.proof)
        return manner.proof
    proven = prove(session, plan, objects, manner.limits)
    if proven.proof is Proof.FAILED:
        raise Refused(
            'its undo does not lead back, and undo = "required" for this target:',
            reasons=proven.why,
            hint='write undo scripts that do, or set undo = "derived"',
        )
    return proven.proof


def _run(
    session: Session, plan: Plan, observer: Observer | None, manner: Manner, progress: Progress
) -> Performance:
    performance = _performance(session, plan)
    limits, one_by_one = manner.limits, manner.one_by_one
    if observer is None:
        _remove(session, plan, limits, progress)
        performance.run(plan.program, progress, one_by_one=one_by_one)
        return performance
    for part in observer.parts:
        observer.begins(part)
        if part.removes:
            _remove(session, plan, limits, progress)
        performance.run(part.statements, progress, one_by_one=one_by_one)
    return performance


def _remove(session: Session, plan: Plan, limits: Limits, progress: Progress) -> None:
    if plan.removals:
        run_undos(session, plan.removals, limits, progress)
        session.reset_stage()
        session.set_timeouts(lock=limits.lock_timeout, statement=limits.statement_timeout)


def roll_back(
    session: Session, rollback: Rollback, *, by: str, why: str, limits: Limits, progress: Progress
) -> None:
    """Runs the undo scripts and marks the versions. As with ``apply``, the caller commits."""
    take_back(session, rollback.tree, rollback.steps, limits=limits, progress=progress)
    ledger.mark_rolled_back(session, rollback, by, why)
    drop_used(session, rollback, by)


def take_back(
    session: Session, tree: str, steps: Collection[RollbackStep], *, limits: Limits, progress: Progress
) -> None:
    """Runs undo scripts in the transaction that is open. Raises StatementError, DatabaseError, Cancelled."""
    transaction_id = session.transaction_id()
    untouched = guarding.look(session, tree)
    run_undos(session, steps, limits, progress)
    _settle(session, transaction_id, limits)
    guarding.check(session, tree, untouched, (each for step in steps for each in step.statements))


def late_values(session: Session, plan: Plan) -> Mapping[str, str]:
    """The variables that have their values only now, as far as no query gives them."""
    return {
        **session.variables(),
        "mainsql_commit": plan.commit.id,
        "mainsql_version": str(plan.onto),
    }


def _performance(session: Session, plan: Plan) -> Performance:
    return Performance(session, late_values(session, plan), plan.tree, late_undos(plan))


def _settle(session: Session, transaction_id: int, limits: Limits) -> None:
    """Checks what was deferred, takes back what scripts SET, and that the transaction is still ours."""
    session.settle_constraints()
    session.own_stage(limits.lock_timeout)
    if session.transaction_id() != transaction_id:
        raise DatabaseError(
            "a script ended the transaction and began another: what ran before may have stayed",
            hint="compare the database with the tree, and take out of it what commits",
        )


def upgrade_ledger(session: Session, plan: Plan, by: str, manner: Manner) -> None:
    """Installs or upgrades the ledger in the transaction that is open. Raises DatabaseError."""
    performance = _performance(session, plan)
    try:
        performance.run(plan.program, lambda _: None, one_by_one=manner.one_by_one)
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
    session.own_stage(manner.limits.lock_timeout)
    ledger.record(session, plan, performance.durations, by)
