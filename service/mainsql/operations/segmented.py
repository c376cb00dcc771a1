"""Deploys a version that cannot be one transaction: segment by segment, or from where it stopped."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mainsql.database import executor, ledger, session_lock
from mainsql.database import progress as records
from mainsql.database.archives import record_archives
from mainsql.database.executor import Manner
from mainsql.database.failures import cannot_write
from mainsql.database.limits import Limits
from mainsql.database.lost import Lost
from mainsql.database.pooling import refuse_pooler
from mainsql.database.segmented import Attempt, Carried, Course, Ending, carry_out
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, Locked
from mainsql.model import (
    Commit,
    History,
    Plan,
    Progress,
    Proof,
    Rollback,
    UndoPolicy,
    undo_of,
)
from mainsql.operations.attempts import attempts
from mainsql.operations.locking import held_elsewhere
from mainsql.operations.settling import recorded, settle, settle_segment
from mainsql.operations.target import Target, whoami
from mainsql.operations.under_way import check_no_rollback_in_progress, not_the_same
from mainsql.operations.watching import Watcher
from mainsql.plan.lacking import lacking_undo
from mainsql.plan.planner import applied_steps
from mainsql.plan.segments import (
    as_records,
    assembled,
    rollback_segments,
    segments,
    untried,
)


def deploy_segments(
    target: Target,
    session: Session,
    plan: Plan,
    check: Callable[[], object],
    ledger_plan: Callable[[], Plan | None],
    watcher: Watcher,
    manner: Manner,
) -> Carried:
    """Carries out a plan that has segments, or what is left of it.

    ``check`` begins the transaction in which it begins, and makes sure that it still is the plan;
    ``ledger_plan`` says what has to run there for the ledger. Raises MainsqlError.
    """
    by = whoami()

    def begin_all() -> None:
        check()
        if target.undo is UndoPolicy.REQUIRED:
            if lacking := list(lacking_undo(plan)):
                raise executor.no_undo(map(str, lacking))
            executor.check_tried(untried(plan), manner.proof)
        begin_version(session, plan, ledger_plan(), by, manner)

    def settled(lost: Lost, ending: Ending) -> None:
        settle_segments(target, session, lost, ending, recorded(lost, plan.commit), watcher.told)

    course = Course(
        session,
        target.dsn,
        target.tree,
        segments(plan),
        plan,
        by,
        target.limits,
        target.undo,
        watcher.statement,
        begin=lambda: begin_next(session, target),
        open=begin_all,
        close=lambda: complete(session, target.tree, by),
        attempt=lambda work: attempts(target, session, manner, work),
        settle=settled,
    )
    with holding(session, target):
        under_way = ledger.read_versions(session, target.tree).progress
        if under_way is not None:
            check_same(target, under_way, plan)
        return carry_out(course, under_way.segments if under_way else ())


def settle_segments(
    target: Target,
    session: Session,
    lost: Lost,
    ending: Ending,
    is_complete: Callable[[History], bool],
    told: Callable[[str], None],
) -> None:
    """Finds out what became of a COMMIT in a row of segments; returns where all of it is complete.

    ``is_complete`` reads that from the ledger. Raises ConnectionLost: the next try goes on from what the
    ledger says. Raises DatabaseUnavailable, Cancelled where that is not known.
    """
    if ending.closes:
        settle(target, lost, session.interrupt, is_complete, told)
        return
    raise settle_segment(target, lost, session.interrupt, ending.position, ending.finished, told)


def deploy_here(
    session: Session,
    dsn: str,
    plan: Plan,
    ledger_plan: Callable[[], Plan | None],
    manner: Manner,
    attempt: Attempt,
) -> None:
    """Carries out a plan that has segments in a scratch database. Raises MainsqlError."""

    def begin_all() -> None:
        session.begin()
        begin_version(session, plan, ledger_plan(), whoami(), manner)

    carry_out(
        Course(
            session,
            dsn,
            plan.tree.name,
            segments(plan),
            plan,
            whoami(),
            manner.limits,
            manner.undo,
            lambda _: None,
            begin=session.begin,
            open=begin_all,
            close=lambda: complete(session, plan.tree.name, whoami()),
            attempt=attempt,
            spares_server=True,
        ),
        (),
    )


def roll_back_here(session: Session, dsn: str, rollback: Rollback, limits: Limits, why: str) -> None:
    """Carries out a rollback that has segments in a scratch database. Raises MainsqlError."""
    by = whoami()

    def begin_all() -> None:
        session.begin()
        records.begin_rollback(session, rollback_progress(rollback, None, by, why))

    def close() -> None:
        ledger.mark_rolled_back(session, rollback, by, why)
        records.end_progress(session, rollback.tree)

    carry_out(
        Course(
            session,
            dsn,
            rollback.tree,
            rollback_segments(rollback),
            None,
            by,
            limits,
            UndoPolicy.OPTIONAL,
            lambda _: None,
            begin=session.begin,
            open=begin_all,
            close=close,
            attempt=lambda work: work(Manner(limits)),
            spares_server=True,
        ),
        (),
    )


def rollback_progress(rollback: Rollback, commit: Commit | None, by: str, why: str) -> Progress:
    """What is written down when a rollback begins; ``commit`` is that of a version that is in progress."""
    return Progress(
        rollback.tree,
        rollback.from_version,
        rollback.to_version,
        commit,
        "",
        (),
        Proof.UNPROVEN,
        why,
        datetime.now(UTC),
        by,
        as_records(rollback_segments(rollback)),
    )


@contextlib.contextmanager
def holding(session: Session, target: Target) -> Iterator[None]:
    """While it is open, the session has the lock of the target's tree, over all its transactions.

    Raises Locked, Refused where a pooler stands in between that gives each transaction another session,
    DatabaseUnavailable where nothing can be written now.
    """
    refuse_pooler(session, "a version in segments")
    session.reset_stage()  # between its transactions it may be idle for longer than others may
    if session.is_standby():
        raise cannot_write(session.database, standby=True)
    if not session_lock.try_hold(session, target.lock_key):
        raise held_elsewhere(session, target)
    check_session(session, target)
    try:
        yield
    finally:
        # Where the connection is lost, so is the lock.
        with contextlib.suppress(DatabaseError):
            session_lock.let_go(session, target.lock_key)


def check_session(session: Session, target: Target) -> None:
    """Raises DatabaseError where the session does not have the lock that it has just taken."""
    if not session_lock.holds(session, target.lock_key):
        raise DatabaseError(
            f"the lock of {target.label} is gone: a script gave it up, or a transaction pooler stands in "
            "between, and statements outside a transaction cannot be run through one",
            hint="name the server itself, or a pooler in session mode, in the connection string",
        )


def begin_next(session: Session, target: Target) -> None:
    """Begins the transaction of another segment. Raises DatabaseError when the lock is gone."""
    session.begin(lock_timeout=target.limits.lock_timeout)
    check_session(session, target)


def begin_version(session: Session, plan: Plan, ledger_plan: Plan | None, by: str, manner: Manner) -> None:
    """Writes down, in the transaction that is open, that a version begins, and all its segments."""
    if ledger_plan is not None:
        executor.upgrade_ledger(session, ledger_plan, by, manner)
    commit = plan.commit
    records.begin_progress(
        session,
        Progress(
            plan.tree.name,
            plan.version,
            None,
            Commit(commit.id, ledger.clean(commit.author), ledger.clean(commit.message), commit.committed_at),
            plan.tree.digest,
            # What runs is told by the segments, once it has.
            tuple(replace(step, script="") for step in applied_steps(plan, {})),
            manner.proof,
            "",
            datetime.now(UTC),
            by,
            as_records(segments(plan)),
            signer=plan.signer,
        ),
    )


def complete(session: Session, tree: str, by: str) -> None:
    """Records the version whose segments are all finished, in the transaction that is open."""
    under_way = records.read_progress(session, tree)
    assert under_way is not None
    record_version(session, under_way, by, complete=True)
    records.end_progress(session, tree)


def record_version(session: Session, under_way: Progress, by: str, *, complete: bool) -> None:
    """Records what the segments of a version did, ``complete`` or not, in the transaction that is open."""
    assert under_way.commit is not None
    tree, number = under_way.tree, under_way.version
    steps = assembled(under_way.steps, under_way.traces, complete=complete)
    objects = records.read_segment_objects(session, tree, number)
    duration = sum((trace.duration for traces in under_way.traces for trace in traces), timedelta(0))
    undo = undo_of([(step.action, step.undo) for step in steps])
    with_scripts = [(step, iter([step.script])) for step in steps]
    version = ledger.Made(
        tree, number, under_way.commit, under_way.digest, undo, with_scripts, under_way.signer
    )
    ledger.record_version(session, version, duration, by, proof=under_way.proof, objects=objects)
    record_archives(session, tree, number, records.read_segment_kept(session, tree, number))


def check_same(target: Target, under_way: Progress, plan: Plan) -> None:
    """Raises Refused when what is under way is not what would be carried out now, Locked when it is new."""
    check_no_rollback_in_progress(target, under_way)
    if under_way.commit is None or (under_way.version, under_way.commit.id) != (plan.version, plan.commit.id):
        raise Locked(f"somebody else has just changed {target.label}")
    now = as_records(segments(plan))
    if [each.digest for each in now] != [each.digest for each in under_way.segments]:
        raise not_the_same(target, under_way)
