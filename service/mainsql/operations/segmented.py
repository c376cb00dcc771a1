"""Deploys a version that cannot be one transaction: segment by segment, or from where it stopped."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from mainsql.database import executor, ledger, session_lock
from mainsql.database import progress as records
from mainsql.database.executor import Manner
from mainsql.database.segmented import Carried, Course, carry_out
from mainsql.database.session import Session
from mainsql.errors import ConnectionLost, DatabaseError, Refused
from mainsql.model import Commit, History, Plan, Progress
from mainsql.operations.attempts import attempts
from mainsql.operations.locking import held_elsewhere, settled_history
from mainsql.operations.target import Target, whoami
from mainsql.operations.watching import Watcher
from mainsql.plan.planner import applied_steps
from mainsql.plan.segments import as_records, assembled, segments


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
    with holding(session, target):
        under_way = ledger.read_versions(session, target.tree).progress
        if under_way is not None:
            check_same(target, under_way, plan)
        try:
            return carry_out(
                _course(target, session, plan, check, ledger_plan, watcher, manner),
                under_way.segments if under_way else (),
            )
        except ConnectionLost:
            after = settled_history(target, session.interrupt)
            if after.progress or all(version.version != plan.version for version in after.versions):
                raise
            watcher.waiting("the connection was lost at COMMIT; the ledger says that it went through")
            return Carried()


def _course(
    target: Target,
    session: Session,
    plan: Plan,
    check: Callable[[], object],
    ledger_plan: Callable[[], Plan | None],
    watcher: Watcher,
    manner: Manner,
) -> Course:
    by = whoami()

    def begin_all() -> None:
        check()
        begin_version(session, plan, ledger_plan(), by, manner)

    def close() -> None:
        under_way = records.read_progress(session, target.tree)
        assert under_way is not None
        record_version(session, under_way, by, complete=True)
        records.end_progress(session, target.tree)

    return Course(
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
        close=close,
        attempt=lambda work: attempts(target, session, manner, work),
    )


@contextlib.contextmanager
def holding(session: Session, target: Target) -> Iterator[None]:
    """While it is open, the session has the lock of the target's tree, over all its transactions.

    Raises Locked, and DatabaseError where a pooler stands in between that gives each transaction
    another session.
    """
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
    session.begin()
    check_session(session, target)


def begin_version(session: Session, plan: Plan, ledger_plan: Plan | None, by: str, manner: Manner) -> None:
    """Writes down, in the transaction that is open, that a version begins, and all its segments."""
    if ledger_plan is not None:
        executor.upgrade_ledger(session, ledger_plan, by, manner.limits)
    commit = plan.commit
    records.begin_progress(
        session,
        Progress(
            plan.tree.name,
            plan.version,
            None,
            Commit(commit.id, ledger.clean(commit.author), ledger.clean(commit.message), commit.committed_at),
            plan.tree.digest,
            applied_steps(plan, {}),
            manner.proof,
            "",
            datetime.now(UTC),
            by,
            as_records(segments(plan)),
        ),
    )


def record_version(session: Session, under_way: Progress, by: str, *, complete: bool) -> None:
    """Records what the segments of a version did, ``complete`` or not, in the transaction that is open."""
    assert under_way.commit is not None
    tree, number = under_way.tree, under_way.version
    steps = assembled(under_way.steps, under_way.traces, complete=complete)
    objects = records.read_segment_objects(session, tree, number)
    duration = sum((trace.duration for traces in under_way.traces for trace in traces), timedelta(0))
    version = ledger.Made(tree, number, under_way.commit, under_way.digest, steps)
    ledger.record_version(session, version, duration, by, proof=under_way.proof, objects=objects)


def check_same(target: Target, under_way: Progress, plan: Plan) -> None:
    """Raises Refused when what is under way is not what would be carried out now."""
    now = as_records(segments(plan))
    if [each.digest for each in now] != [each.digest for each in under_way.segments]:
        raise not_the_same(target, under_way)


def not_the_same(target: Target, under_way: Progress) -> Refused:
    """The error that says that a commit would not do any more what was begun."""
    return Refused(
        f"version {under_way.version} of {target.label} is in progress, and its commit would do "
        "something else now than when it began: was the configuration changed?",
        hint="change it back; or take back what it did: mainsql rollback --last",
    )


def check_nothing_in_progress(target: Target, history: History) -> None:
    """Raises Refused while a version or a rollback is in progress."""
    if (under_way := history.progress) is None:
        return
    if under_way.back_to is not None:
        raise Refused(rollback_in_progress(target, under_way), hint=ROLLBACK_HINT)
    raise Refused(
        f"version {under_way.version} of {target.label} is in progress "
        f"since {under_way.begun_at:%Y-%m-%d %H:%M}",
        hint="mainsql deploy goes on with it; mainsql rollback --last takes back what it did",
    )


ROLLBACK_HINT = "mainsql rollback --last goes on with it"


def rollback_in_progress(target: Target, under_way: Progress) -> str:
    """What there is to say while a rollback is in progress."""
    return (
        f"a rollback of {target.label} to version {under_way.back_to} is in progress: "
        f"{under_way.done} of {len(under_way.segments)} segments are finished. "
        f"It was begun by {under_way.begun_by} at {under_way.begun_at:%Y-%m-%d %H:%M}. "
        "Nothing is deployed until it is complete."
    )


def standing_after(target: Target, session: Session, plan: Plan) -> str:
    """What state a target is in after a plan has failed, for people."""
    if not segments(plan):
        return still(target, plan.onto)
    try:
        return still(target, plan.onto, ledger.read_versions(session, target.tree).progress)
    except DatabaseError:
        return (
            f"{target.label}: version {plan.version} may be in progress; the next deploy goes on with it. "
            "See `mainsql status`."
        )


def still(target: Target, number: int, under_way: Progress | None = None) -> str:
    """What state a target is in, for people: unchanged, or in the middle of something."""
    if under_way is None:
        at = f"still at version {number}" if number else "still without a version"
        return f"Nothing was changed: {target.label} is {at}."
    if under_way.back_to is not None:
        return rollback_in_progress(target, under_way)
    return (
        f"{target.label}: version {under_way.version} is in progress: {under_way.done} of "
        f"{len(under_way.segments)} segments are finished, and stay. Nothing else is deployed until it is "
        "complete (mainsql deploy goes on with it) or taken back (mainsql rollback --last)."
    )
