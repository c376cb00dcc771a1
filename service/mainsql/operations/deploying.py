"""Brings a target up to a commit: lock, re-plan, run, record, commit, one version a commit."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime

from mainsql.config import Rehearse
from mainsql.database import executor, ledger
from mainsql.database.executor import Manner, Performed
from mainsql.database.lost import Lost
from mainsql.database.segmented import Carried
from mainsql.database.session import Interrupt, Session
from mainsql.errors import (
    Cancelled,
    ConnectionLost,
    DatabaseUnavailable,
    Drifted,
    Locked,
    MainsqlError,
    Paused,
    Refused,
    Retry,
    StatementError,
)
from mainsql.model import (
    Action,
    Attempt,
    Commit,
    History,
    Note,
    Plan,
    Progress,
    Proof,
    Refusal,
    UndoPolicy,
    UpToDate,
)
from mainsql.operations import waking
from mainsql.operations.attempts import attempts
from mainsql.operations.drifting import refuse_drift
from mainsql.operations.judging import judged
from mainsql.operations.loading import describe
from mainsql.operations.locking import ledger_plan, take_lock
from mainsql.operations.outcome import Deployed, Outcome, State
from mainsql.operations.planning import (
    Broken,
    Prospect,
    candidates,
    check_not_paused,
    check_tree_name,
    check_without_versions,
    prospect,
    refused,
    with_steps,
)
from mainsql.operations.rehearsal import Verdict
from mainsql.operations.rehearsing import rehearse_next
from mainsql.operations.segmented import deploy_segments
from mainsql.operations.settling import recorded, settle
from mainsql.operations.target import Deployment, Target, whoami
from mainsql.operations.under_way import (
    ROLLBACK_HINT,
    check_nothing_in_progress,
    not_the_same,
    rollback_in_progress,
    standing_after,
    still,
)
from mainsql.operations.watching import Watcher
from mainsql.plan.segments import segments
from mainsql.plan.undoing import lacking

__all__ = ["Watcher", "accept", "reconcile"]


def reconcile(
    deployment: Deployment,
    head: Commit,
    *,
    interrupt: Interrupt | None = None,
    watcher: Watcher | None = None,
    retry_failed: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Brings the target up to ``head``, one version for each commit that changes the tree.

    A commit that failed or was refused is passed over for the next one; how the last one fared is
    the state. One that failed before is not tried again unless ``retry_failed``. ``stopping`` is
    asked before each version, and before one that is in progress goes on. Raises MainsqlError for
    what may work later (``retry``), Cancelled.
    """
    interrupt = interrupt or Interrupt()
    watcher = watcher or Watcher()
    target = deployment.target
    deployed: list[Deployed] = []
    with target.reading(interrupt) as session:
        check_tree_name(deployment, ledger.tree_names(session))
        history = ledger.read_versions(session, target.tree)
        try:
            check_not_paused(deployment, history)
            if history.progress is not None:
                if stopping():
                    return Outcome(State.BEHIND, history.number)
                done = _go_on(deployment, history, interrupt, watcher, retry_failed=retry_failed)
                if isinstance(done, Outcome):
                    return done
                deployed.append(done)
                history = ledger.read_versions(session, target.tree)
            commits = candidates(deployment, history, head)
        except Refused as error:
            error.outcome = still(target, history.number, history.progress)
            state = State.PAUSED if isinstance(error, Paused) else State.REFUSED
            return Outcome(state, history.number, tuple(deployed), report=error.report())
        history = with_steps(session, deployment, history, commits)
    outcome = Outcome(State.UP_TO_DATE, history.number)
    for commit in commits:
        found = prospect(deployment, history, commit)
        if not isinstance(found, Plan):
            outcome = _standing(target, history, commit, found)
            continue
        failure = None if retry_failed else deployment.known_failure(history, commit.id)
        if failure is not None:
            outcome = Outcome(State.FAILED, history.number, report=failure.error)
            continue
        if stopping():
            outcome = Outcome(State.BEHIND, history.number)
            break
        watcher.planned(found)
        try:
            done = _deploy(deployment, history, found, interrupt, watcher)
        except Drifted as error:
            outcome = Outcome(State.REFUSED, history.number, report=describe(error, commit))
        except Paused as error:
            outcome = Outcome(State.PAUSED, history.number, report=error.report())
            break
        except MainsqlError as error:
            if error.retry is Retry.LATER or isinstance(error, Cancelled):
                if not deployed:
                    raise
                return Outcome(State.BEHIND, history.number, tuple(deployed), interrupted=error)
            outcome = Outcome(State.FAILED, history.number, report=describe(error, commit))
            if segments(found) and _read(deployment, interrupt).progress is not None:
                outcome = replace(outcome, state=State.IN_PROGRESS)
                break
        else:
            deployed.append(done)
            outcome = Outcome(State.UP_TO_DATE, done.version)
        if commit is not commits[-1]:
            history = _read(deployment, interrupt, history)
    return replace(outcome, deployed=tuple(deployed))


def _go_on(
    deployment: Deployment, history: History, interrupt: Interrupt, watcher: Watcher, *, retry_failed: bool
) -> Deployed | Outcome:
    """Completes the version that is in progress; or how the target stands, if a person is needed for that.

    Raises MainsqlError for what may work later, Cancelled.
    """
    target, under_way = deployment.target, history.progress
    assert under_way is not None
    commit = under_way.commit
    if under_way.undoes or commit is None:
        report = f"{rollback_in_progress(target, under_way)}\nhint: {ROLLBACK_HINT}"
        return Outcome(State.IN_PROGRESS, history.number, report=report)
    failure = None if retry_failed else _held_up(history, commit)
    if failure is not None:
        return Outcome(State.IN_PROGRESS, history.number, report=failure.error)
    history = _read(deployment, interrupt)
    if history.progress is None:
        raise Locked(f"somebody else has just changed {target.label}")
    try:
        found = prospect(deployment, history, commit)
        if not isinstance(found, Plan):
            raise not_the_same(target, under_way)
        watcher.planned(found)
        return _deploy(deployment, history, found, interrupt, watcher, under_way)
    except MainsqlError as error:
        if error.retry is Retry.LATER or isinstance(error, Cancelled):
            raise
        error.outcome = error.outcome or still(target, history.number, under_way)
        return Outcome(State.IN_PROGRESS, history.number, report=describe(error, commit))


def _held_up(history: History, commit: Commit) -> Attempt | None:
    """The newest failure of what is in progress, unless a person has said since that it may go on."""
    failures = [
        attempt
        for attempt in history.attempts
        if attempt.commit_id == commit.id and attempt.onto_version == history.number
    ]
    newest = failures[-1] if failures else None
    resumed = history.resumed_at
    return None if newest and resumed and newest.at < resumed else newest


def accept(
    deployment: Deployment, commit: Commit, units: Collection[str], *, first: bool = False
) -> Deployed:
    """Records units as they are in this commit as applied, without running them: a version of its own.

    Raises Refused when there is nothing to record, or when it is not the ``first`` that is to be so,
    MainsqlError.
    """
    history = _read(deployment, Interrupt())
    check_nothing_in_progress(deployment.target, history)
    if first:
        check_without_versions(deployment, history)
    found = prospect(deployment, history, commit, accepting=frozenset(units))
    match found:
        case Plan():
            done = _deploy(deployment, history, found, Interrupt(), Watcher())
            waking.poke_if_possible(deployment.target)
            return done
        case Refusal():
            raise refused(found)
        case Broken():
            raise found.error
    raise Refused(
        f"nothing to accept: {deployment.target.label} has {', '.join(units)} as in {commit.short}",
        hint="see `mainsql plan`",
    )


def _standing(
    target: Target, history: History, commit: Commit, found: UpToDate | Refusal | Broken
) -> Outcome:
    match found:
        case UpToDate():
            return Outcome(State.UP_TO_DATE, history.number)
        case Refusal():
            error: MainsqlError = refused(found)
            state = State.REFUSED
        case Broken():
            error = found.error
            state = State.FAILED
    error.outcome = still(target, history.number)
    return Outcome(state, history.number, report=describe(error, commit))


def _read(deployment: Deployment, interrupt: Interrupt, known: History | None = None) -> History:
    with deployment.target.reading(interrupt) as session:
        check_tree_name(deployment, ledger.tree_names(session))
        return ledger.read_history(session, deployment.target.tree, known)


def _deploy(
    deployment: Deployment,
    known: History,
    expected: Plan,
    interrupt: Interrupt,
    watcher: Watcher,
    under_way: Progress | None = None,
) -> Deployed:
    """Deploys one plan, or what is left of it, if it is still the plan once the lock is held.

    It was made for the history that is ``known``. Raises MainsqlError.
    """
    target = deployment.target
    rehearsed = under_way.proof if under_way else _rehearsed(target, expected, interrupt)
    with target.connect(interrupt, version=expected.version) as session:
        try:
            if isinstance(rehearsed, MainsqlError):
                raise rehearsed
            manner = Manner(
                target.limits,
                target.undo,
                one_by_one=expected.commit.id in deployment.careful,
                proof=rehearsed,
                keeps_data=target.keeps_data,
            )
            carried = _run(deployment, session, known, expected, watcher, manner)
        except MainsqlError as error:
            session.rollback()
            error = judged(deployment, expected, error)
            _fail(deployment, session, expected, error)
            raise error from None
        notes = (*_echoes(expected), *session.notes)
        # Where nobody asks for undo scripts, nobody is told that there is none.
        lacks = () if target.undo is UndoPolicy.OPTIONAL else carried.lacks
        return Deployed(expected.version, expected.commit, carried.duration, carried.statements, notes, lacks)


def _rehearsed(target: Target, plan: Plan, interrupt: Interrupt) -> Proof | MainsqlError:
    """What is known of the plan's undo once it was tried, if the target wants that; or what is against it."""
    if target.rehearse is Rehearse.NEVER or not (plan.program or plan.removals):
        return Proof.UNPROVEN
    try:
        result = rehearse_next(target, plan, interrupt=interrupt)
    except MainsqlError as error:
        return error
    if result.verdict is Verdict.FAILED:
        return Refused(
            "the rehearsal failed, so it is not deployed:",
            reasons=result.why,
            hint="`mainsql rehearse` tries it again; commit what is missing, and that is tried next",
        )
    return result.verdict.proof


def _run(
    deployment: Deployment,
    session: Session,
    known: History,
    expected: Plan,
    watcher: Watcher,
    manner: Manner,
) -> Carried:
    """Runs all of it in one transaction, if that can be, and else in segments."""
    target = deployment.target
    if segments(expected):
        return deploy_segments(
            target,
            session,
            expected,
            lambda: _begin(deployment, session, known, expected),
            lambda: ledger_plan(session, target),
            watcher,
            manner,
        )
    done = attempts(
        target, session, manner, lambda each: _transact(deployment, session, known, expected, watcher, each)
    )
    performance = done.performance
    count = len(performance.ran.statements) + sum(len(step.statements) for step in expected.removals)
    return Carried(count, performance.duration, lacking(done.plan))


def _transact(
    deployment: Deployment,
    session: Session,
    known: History,
    expected: Plan,
    watcher: Watcher,
    manner: Manner,
) -> Performed:
    """One whole transaction, from the lock to COMMIT."""
    target = deployment.target
    plan = _begin(deployment, session, known, expected)
    transaction_id = session.transaction_id()
    performed = executor.apply(
        session,
        plan,
        ledger_plan(session, target),
        by=whoami(),
        manner=manner,
        progress=watcher.statement,
    )
    try:
        session.commit()
    except ConnectionLost:
        lost = Lost(transaction_id, session.pid)
        settle(target, lost, session.interrupt, recorded(lost, plan.commit), watcher.told)
    return performed


def _begin(deployment: Deployment, session: Session, known: History, expected: Plan) -> Plan:
    """Begins the transaction, with the lock, and makes sure that the plan still is the plan."""
    target = deployment.target
    take_lock(session, target)
    history = ledger.read_versions(session, target.tree)
    try:
        check_not_paused(deployment, history)
    except Paused as error:
        error.outcome = still(target, history.number)
        raise
    try:
        refuse_drift(session, target, history, expected)
    except Drifted as error:
        error.outcome = still(target, history.number)
        raise
    history = with_steps(session, deployment, history, [expected.commit], known)
    accepting = frozenset(step.unit for step in expected.steps if step.action is Action.ACCEPT)
    plan = prospect(deployment, history, expected.commit, accepting=accepting)
    if history.progress or not isinstance(plan, Plan) or not _same(plan, expected):
        raise Locked(f"somebody else has just changed {target.label}")
    return replace(plan, steps=expected.steps)  # equal to its own, and thousands of them take their room


def _same(found: Prospect, expected: Plan) -> bool:
    """Whether the plan that is about to run is the one that was shown."""
    return isinstance(found, Plan) and (
        (found.version, found.commit.id, found.steps)
        == (expected.version, expected.commit.id, expected.steps)
    )


def _echoes(plan: Plan) -> tuple[Note, ...]:
    """What the files that run say with ``\\echo``."""
    running = {statement.place.path for statement in plan.program}
    return tuple(note for note in plan.tree.notes if note.echo and note.place.path in running)


def _fail(deployment: Deployment, session: Session, plan: Plan, error: MainsqlError) -> None:
    """Sets the outcome of the report, and takes the failure down so that it is not tried again."""
    error.outcome = error.outcome or standing_after(deployment.target, session, plan)
    if error.retry is Retry.LATER or isinstance(error, (Cancelled, Drifted, Paused)):
        return
    attempt = Attempt(
        plan.commit.id,
        plan.onto,
        datetime.now(UTC),
        whoami(),
        describe(error, plan.commit),
        error.sqlstate if isinstance(error, StatementError) else None,
    )
    deployment.failures.append(attempt)
    try:
        with deployment.target.writing() as writing:
            if ledger.is_installed(writing):
                ledger.record_attempt(writing, deployment.target.tree, attempt)
    except DatabaseUnavailable:
        return  # this process remembers it; another one will try once more
