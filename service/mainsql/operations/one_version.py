"""Deploys one version: lock, plan again, run, record, commit."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mainsql.database import controls, executor, ledger
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
    Retry,
    StatementError,
)
from mainsql.model import Action, Attempt, History, Note, Plan, Progress, Proof, UndoPolicy
from mainsql.operations.attempts import attempts
from mainsql.operations.drifting import refuse_drift
from mainsql.operations.judging import judged
from mainsql.operations.loading import describe
from mainsql.operations.locking import ledger_plan, take_lock
from mainsql.operations.outcome import Deployed
from mainsql.operations.planning import Prospect, check_not_paused, prospect, with_steps
from mainsql.operations.rehearsing import proof_before
from mainsql.operations.segmented import deploy_segments
from mainsql.operations.settling import recorded, settle
from mainsql.operations.target import Deployment, whoami
from mainsql.operations.under_way import standing_after, still
from mainsql.operations.watching import Watcher
from mainsql.plan.segments import segments
from mainsql.plan.undoing import lacking


@dataclass(frozen=True, slots=True)
class OneVersion:
    """A plan that is to be deployed, or what is left of it where it is ``under_way``.

    It was made for the history that is ``known``.
    """

    deployment: Deployment
    known: History
    plan: Plan
    interrupt: Interrupt
    watcher: Watcher
    under_way: Progress | None = None

    def deploy(self) -> Deployed:
        """Deploys it, if it is still the plan once the lock is held.

        Raises MainsqlError, with the outcome set; what will not work later is taken down as a failure.
        """
        target, plan, proof = self.deployment.target, self.plan, self._proof()
        with target.connect(self.interrupt, version=plan.version) as session:
            try:
                if isinstance(proof, MainsqlError):
                    raise proof
                manner = Manner(
                    target.limits,
                    target.undo,
                    one_by_one=plan.commit.id in self.deployment.careful,
                    proof=proof,
                    keeps_data=target.keeps_data,
                )
                carried = self._run(session, manner)
            except MainsqlError as error:
                session.rollback()
                error = judged(self.deployment, plan, error)
                self._fail(session, error)
                raise error from None
            notes = (*_echoes(plan), *session.notes)
            # Where nobody asks for undo scripts, nobody is told that there is none.
            lacks = () if target.undo is UndoPolicy.OPTIONAL else carried.lacks
            return Deployed(plan.version, plan.commit, carried.duration, carried.statements, notes, lacks)

    def _proof(self) -> Proof | MainsqlError:
        """What is known of its undo before it runs, or what is against it."""
        if self.under_way:
            return self.under_way.proof
        return proof_before(self.deployment.target, self.plan, interrupt=self.interrupt)

    def _run(self, session: Session, manner: Manner) -> Carried:
        """Runs all of it in one transaction, if that can be, and else in segments."""
        target, plan = self.deployment.target, self.plan
        if segments(plan):
            return deploy_segments(
                target,
                session,
                plan,
                lambda: self._begin(session),
                lambda: ledger_plan(session, target),
                self.watcher,
                manner,
            )
        done = attempts(target, session, manner, lambda each: self._transact(session, each))
        performance = done.performance
        count = len(performance.ran.statements) + sum(len(step.statements) for step in plan.removals)
        return Carried(count, performance.duration, lacking(done.plan))

    def _transact(self, session: Session, manner: Manner) -> Performed:
        """One whole transaction, from the lock to COMMIT."""
        target = self.deployment.target
        plan = self._begin(session)
        transaction_id = session.transaction_id()
        performed = executor.apply(
            session,
            plan,
            ledger_plan(session, target),
            by=whoami(),
            manner=manner,
            progress=self.watcher.statement,
        )
        try:
            session.commit()
        except ConnectionLost:
            lost = Lost(transaction_id, session.pid)
            settle(target, lost, session.interrupt, recorded(lost, plan.commit), self.watcher.told)
        return performed

    def _begin(self, session: Session) -> Plan:
        """Begins the transaction, with the lock, and makes sure that the plan still is the plan."""
        deployment, expected = self.deployment, self.plan
        target = deployment.target
        take_lock(session, target)
        history = ledger.read_versions(session, target.tree)
        try:
            check_not_paused(deployment, history)
            refuse_drift(session, target, history, expected)
        except (Paused, Drifted) as error:
            error.outcome = still(target, history.number)
            raise
        history = with_steps(session, deployment, history, [expected.commit], self.known)
        accepting = frozenset(step.unit for step in expected.steps if step.action is Action.ACCEPT)
        plan = prospect(deployment, history, expected.commit, accepting=accepting)
        if history.progress or not isinstance(plan, Plan) or not _same(plan, expected):
            raise Locked(f"somebody else has just changed {target.label}")
        return replace(plan, steps=expected.steps)  # equal to its own, and thousands of them take their room

    def _fail(self, session: Session, error: MainsqlError) -> None:
        """Sets the outcome of the report, and takes the failure down so that it is not tried again."""
        deployment, plan = self.deployment, self.plan
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
                    controls.record_attempt(writing, deployment.target.tree, attempt)
        except DatabaseUnavailable:
            return  # this process remembers it; another one will try once more


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
