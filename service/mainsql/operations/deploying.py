"""Brings a target up to a commit: lock, re-plan, run, record, commit, one version a commit."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime

from mainsql import __version__ as RELEASE
from mainsql.config import Rehearse
from mainsql.database import dumping, executor, ledger
from mainsql.database.executor import Manner
from mainsql.database.lost import Lost
from mainsql.database.observing import FellShort, Foresight
from mainsql.database.performance import Performance
from mainsql.database.pooling import NO_DUMP
from mainsql.database.session import Interrupt, Session
from mainsql.errors import (
    Cancelled,
    ConnectionLost,
    DatabaseError,
    DatabaseUnavailable,
    Drifted,
    Locked,
    MainsqlError,
    Paused,
    Refused,
    Retry,
    StatementError,
)
from mainsql.model import Action, Attempt, Commit, History, Note, Plan, Proof, Refusal, Statement, UpToDate
from mainsql.operations.drifting import refuse_drift
from mainsql.operations.loading import describe
from mainsql.operations.locking import take_lock
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
from mainsql.operations.settling import settle
from mainsql.operations.target import Deployment, Target, whoami

_LOSSES = 3
"""So often it may be the network, or a server that is restarted."""


class Watcher:
    """Is told what happens meanwhile; the default does not care."""

    def planned(self, plan: Plan) -> None:
        """A plan is about to run."""

    def statement(self, statement: Statement) -> None:
        """A statement is about to run."""

    def waiting(self, why: str) -> None:
        """It could not go on now and tries again in a while."""

    def deployed(self, done: Deployed) -> None:
        """A version was committed."""

    def told(self, what: str) -> None:
        """Something that belongs into the log."""


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
    asked between versions. Raises MainsqlError for what may work later (``retry``), Cancelled.
    """
    interrupt = interrupt or Interrupt()
    watcher = watcher or Watcher()
    target = deployment.target
    with target.reading(interrupt) as session:
        check_tree_name(deployment, ledger.tree_names(session))
        history = ledger.read_versions(session, target.tree)
        try:
            check_not_paused(deployment, history)
            commits = candidates(deployment, history, head)
        except Refused as error:
            error.outcome = _unchanged(target, history.number)
            state = State.PAUSED if isinstance(error, Paused) else State.REFUSED
            return Outcome(state, history.number, report=error.report())
        history = with_steps(session, deployment, history, commits)
    outcome = Outcome(State.UP_TO_DATE, history.number)
    deployed: list[Deployed] = []
    for commit in commits:
        if stopping():
            outcome = Outcome(State.BEHIND, history.number)
            break
        found = prospect(deployment, history, commit)
        if not isinstance(found, Plan):
            outcome = _standing(target, history, commit, found)
            continue
        failure = None if retry_failed else deployment.known_failure(history, commit.id)
        if failure is not None:
            outcome = Outcome(State.FAILED, history.number, report=failure.error)
            continue
        watcher.planned(found)
        try:
            done = _deploy(deployment, found, interrupt, watcher)
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
        else:
            deployed.append(done)
            outcome = Outcome(State.UP_TO_DATE, done.version)
        if commit is not commits[-1]:
            history = _read(deployment, interrupt)
    return replace(outcome, deployed=tuple(deployed))


def accept(
    deployment: Deployment, commit: Commit, units: Collection[str], *, first: bool = False
) -> Deployed:
    """Records units as they are in this commit as applied, without running them: a version of its own.

    Raises Refused when there is nothing to record, or when it is not the ``first`` that is to be so,
    MainsqlError.
    """
    history = _read(deployment, Interrupt())
    if first:
        check_without_versions(deployment, history)
    found = prospect(deployment, history, commit, accepting=frozenset(units))
    match found:
        case Plan():
            return _deploy(deployment, found, Interrupt(), Watcher())
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
    error.outcome = _unchanged(target, history.number)
    return Outcome(state, history.number, report=describe(error, commit))


def _unchanged(target: Target, version: int) -> str:
    still = f"still at version {version}" if version else "still without a version"
    return f"Nothing was changed: {target.label} is {still}."


def _read(deployment: Deployment, interrupt: Interrupt) -> History:
    with deployment.target.reading(interrupt) as session:
        check_tree_name(deployment, ledger.tree_names(session))
        return ledger.read_history(session, deployment.target.tree)


def _deploy(deployment: Deployment, expected: Plan, interrupt: Interrupt, watcher: Watcher) -> Deployed:
    """Deploys one plan, if it is still the plan once the lock is held. Raises MainsqlError."""
    rehearsed = _rehearsed(deployment.target, expected, interrupt)
    with deployment.target.connect(interrupt, version=expected.version) as session:
        try:
            if isinstance(rehearsed, MainsqlError):
                raise rehearsed
            done = _run(deployment, session, expected, watcher, rehearsed)
        except MainsqlError as error:
            session.rollback()
            error = _judged(deployment, expected, error)
            _fail(deployment, expected, error)
            raise error from None
        notes = (*_echoes(expected), *session.notes)
        count = len(done.ran.statements) + sum(len(step.statements) for step in expected.removals)
        return Deployed(expected.version, expected.commit, done.duration, count, notes)


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
    deployment: Deployment, session: Session, expected: Plan, watcher: Watcher, proof: Proof
) -> Performance:
    """Runs whole transactions until one goes through, or fails for a reason that it can tell."""
    target = deployment.target
    manner = Manner(
        target.limits,
        target.undo,
        one_by_one=expected.commit.id in deployment.careful,
        proof=proof,
        keeps_data=target.keeps_data,
    )
    while True:
        try:
            return _transact(deployment, session, expected, watcher, manner)
        except StatementError as error:
            if error.vague:
                deployment.careful.add(expected.commit.id)
            if not error.vague or error.retry is Retry.LATER:
                raise
            # Which of the statements that were sent together it was, the server did not say.
            manner = replace(manner, one_by_one=True)
        except FellShort as short:
            session.rollback()  # pg_dump would wait for what it has locked
            manner = replace(manner, foresight=_foresight(target, session, manner.foresight, short))
        session.rollback()
        session.notes.clear()


def _foresight(target: Target, session: Session, before: Foresight, short: FellShort) -> Foresight:
    """What is read before the next try, which is more than before. Raises DatabaseError when it is not."""
    definitions = before.definitions
    if short.definitions and definitions is None and session.pooled:
        definitions = NO_DUMP
    elif short.definitions and definitions is None:
        try:
            definitions = dumping.dump_definitions(target.dsn, session.server_major)
        except DatabaseError as error:
            if error.retry is Retry.LATER:
                raise
            definitions = error.message
    found = before.beside(short, definitions)
    if found == before:
        raise DatabaseError(
            f"what a version does to the catalogs of {target.label} cannot be told",
            hint='set undo = "optional" for this target, and report this',
        )
    return found


def _transact(
    deployment: Deployment, session: Session, expected: Plan, watcher: Watcher, manner: Manner
) -> Performance:
    """One whole transaction, from the lock to COMMIT."""
    target = deployment.target
    take_lock(session, target)
    history = ledger.read_versions(session, target.tree)
    try:
        check_not_paused(deployment, history)
    except Paused as error:
        error.outcome = _unchanged(target, history.number)
        raise
    try:
        refuse_drift(session, target, history, expected)
    except Drifted as error:
        error.outcome = _unchanged(target, history.number)
        raise
    history = with_steps(session, deployment, history, [expected.commit])
    accepting = frozenset(step.unit for step in expected.steps if step.action is Action.ACCEPT)
    plan = prospect(deployment, history, expected.commit, accepting=accepting)
    if not isinstance(plan, Plan) or not _same(plan, expected):
        raise Locked(f"somebody else has just changed {target.label}")
    transaction_id = session.transaction_id()
    performance = executor.apply(
        session,
        plan,
        _ledger_plan(session, target),
        by=whoami(),
        manner=manner,
        progress=watcher.statement,
    )
    try:
        session.commit()
    except ConnectionLost:
        lost = Lost(transaction_id, session.pid)

        def committed(after: History) -> bool:
            return any(
                (version.transaction_id, version.commit.id) == (transaction_id, plan.commit.id)
                for version in after.versions
            )

        settle(target, lost, session.interrupt, committed, watcher.told)
    return performance


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


def _ledger_plan(session: Session, target: Target) -> Plan | None:
    """What installs or upgrades the ledger, under a lock of its own: trees share it. Raises Locked."""
    if ledger.upgrade(session, RELEASE) is None:
        return None
    if not session.try_lock(f"mainsql/{ledger.OWN_TREE}"):
        raise Locked(f"somebody else is installing the ledger in the database of {target.label} now")
    return ledger.upgrade(session, RELEASE)


def _judged(deployment: Deployment, plan: Plan, error: MainsqlError) -> MainsqlError:
    """The error; but where the connection is lost at the same statement again and again, it is its doing."""
    if not isinstance(error, ConnectionLost) or error.place is None:
        return error
    deployment.losses[plan.commit.id, error.place] += 1
    if deployment.losses[plan.commit.id, error.place] < _LOSSES:
        return error
    return StatementError(
        f"{_LOSSES} times the connection was lost at this statement, so it is not tried again",
        sqlstate="08006",
        place=error.place,
        line=plan.tree.source_line(error.place),
        hint="see the server's log for what it does to the server or its session; "
        "if it was the network each time: mainsql deploy",
    )


def _fail(deployment: Deployment, plan: Plan, error: MainsqlError) -> None:
    """Sets the outcome of the report, and takes the failure down so that it is not tried again."""
    error.outcome = error.outcome or _unchanged(deployment.target, plan.onto)
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
        with deployment.target.writing() as session:
            if ledger.is_installed(session):
                ledger.record_attempt(session, deployment.target.tree, attempt)
    except DatabaseUnavailable:
        return  # this process remembers it; another one will try once more
