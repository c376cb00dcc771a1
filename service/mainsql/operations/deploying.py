"""Brings a target up to a commit, one version a commit."""

from collections.abc import Callable, Collection
from dataclasses import replace

from mainsql.database import ledger
from mainsql.database.session import Interrupt
from mainsql.errors import Cancelled, Drifted, Locked, MainsqlError, Paused, Refused, Retry
from mainsql.model import Attempt, Commit, History, Plan, Refusal, UpToDate
from mainsql.operations import waking
from mainsql.operations.loading import describe
from mainsql.operations.one_version import OneVersion
from mainsql.operations.outcome import Deployed, Outcome, State
from mainsql.operations.planning import (
    Broken,
    candidates,
    check_not_paused,
    check_tree_name,
    check_without_versions,
    prospect,
    refused,
    with_steps,
)
from mainsql.operations.target import Deployment, Target
from mainsql.operations.under_way import (
    ROLLBACK_HINT,
    check_nothing_in_progress,
    not_the_same,
    rollback_in_progress,
    still,
)
from mainsql.operations.watching import Watcher
from mainsql.plan.segments import segments

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
            done = OneVersion(deployment, history, found, interrupt, watcher).deploy()
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
        return OneVersion(deployment, history, found, interrupt, watcher, under_way).deploy()
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
            done = OneVersion(deployment, history, found, Interrupt(), Watcher()).deploy()
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
