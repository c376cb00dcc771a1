"""Keeps one target up to date, and says what is new about it."""

from collections.abc import Callable
from datetime import datetime

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mainsql.daemon.clock import Time
from mainsql.daemon.health import TargetHealth, moment
from mainsql.daemon.listener import Listener
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop
from mainsql.daemon.seams import Deployable
from mainsql.daemon.workers import Run
from mainsql.errors import Cancelled, MainsqlError, Retry
from mainsql.operations.outcome import Deployed, Outcome, State

_LOOK = 300.0
"""Seconds after which a target is looked at again of which nothing was heard."""


class Deployer:
    """Reconciles a target in a worker thread, each time that it is poked.

    What was said once is not said again until it changes. While ``listener`` hears what is said in the
    target's database, whoever says something there is followed by a poke.
    """

    def __init__(
        self,
        target: Deployable,
        *,
        run: Run,
        clock: Time,
        random: Callable[[], float],
        log: Log,
        listener: Listener | None = None,
    ) -> None:
        self.name = target.name
        self._target = target
        self._in_thread = run
        self._clock = clock
        self._random = random
        self._log = log
        self._listener = listener
        self._last: object = None
        self._settled_until = 0.0
        self._outcome: Outcome | None = None
        self._looked_at: datetime | None = None
        self._problem: str | None = None
        self._failing_since: datetime | None = None
        self._loop = Loop(
            self._reconcile,
            interval=None,
            failed=self._failed,
            clock=clock,
            random=random,
            log=log,
        )

    @property
    def late(self) -> bool:
        """Whether it hangs. A deployment does not: its statements take as long as they take."""
        return self._loop.late

    def health(self, repository: str) -> TargetHealth:
        """How the target stands; ``repository`` is the name of the one that it comes from."""
        outcome = self._outcome
        return TargetHealth(
            self.name,
            repository,
            outcome.state.value if outcome else None,
            outcome.version if outcome else None,
            self._looked_at,
            self._problem,
            self._failing_since,
            self.busy,
        )

    @property
    def busy(self) -> bool:
        """Whether a transaction may be in hand."""
        return self._loop.busy

    def start(self) -> None:
        """Wait for the first poke."""
        self._loop.start()

    def poke(self) -> None:
        """There is something new to deploy, or an operator said something."""
        self._loop.poke()

    def tick(self) -> None:
        """The repository has nothing new: look at the ledger again where that is due.

        While it hears what is said there, that is seldom, and otherwise each time. It does not cut a
        pause short.
        """
        hears = self._listener is not None and self._listener.hears
        if not hears or self._clock.seconds() >= self._settled_until:
            self._loop.nudge()

    def stop(self) -> Deferred[None]:
        """Begin nothing more. Fires when the transaction in hand has ended."""
        self._target.stop()
        return self._loop.stop()

    def cancel(self) -> Deferred[None]:
        """Cancel the transaction in hand. Fires when that was asked for, not when it has ended."""
        return self._in_thread(self._target.cancel).addErrback(self._not_cancelled)

    def _reconcile(self) -> Deferred[None]:
        self._settled_until = 0.0
        done = self._in_thread(self._target.reconcile).addCallback(self._came_to)
        return done.addErrback(self._note_problem)

    def _note_problem(self, failure: Failure) -> Failure:
        error = failure.value
        known = error.report() if isinstance(error, MainsqlError) else None
        self._problem = known or "a bug in mainsql: see its log"
        self._failing_since = self._failing_since or moment(self._clock.seconds())
        return failure

    def _came_to(self, outcome: Outcome) -> None:
        for deployed in outcome.deployed:
            self._say_deployed(deployed)
        if outcome.interrupted is not None:
            raise outcome.interrupted
        self._outcome, self._looked_at = outcome, moment(self._clock.seconds())
        self._problem = self._failing_since = None
        self._settled_until = self._clock.seconds() + _LOOK * (1 - self._random() / 2)
        if self._is_new(outcome.state, outcome.version, outcome.report):
            self._say_state(outcome)

    def _say_deployed(self, deployed: Deployed) -> None:
        self._log.info(
            "deployed",
            'deployed version {version}: {commit} "{subject}" ({statements} {noun}, {duration:.2f} s)',
            version=deployed.version,
            commit=deployed.commit.short,
            subject=deployed.commit.subject,
            author=deployed.commit.author,
            statements=deployed.statements,
            noun="statement" if deployed.statements == 1 else "statements",
            duration=deployed.duration.total_seconds(),
            report="\n".join(
                [
                    *(f"cannot be taken back: {lacking}" for lacking in deployed.lacks),
                    *(f"note: {note.place}: {note.text}" for note in deployed.notes),
                ]
            ),
        )

    def _say_state(self, outcome: Outcome) -> None:
        version, report = outcome.version, outcome.report
        match outcome.state:
            case State.UP_TO_DATE:
                if not outcome.deployed:  # else that was just said
                    self._log.info("up_to_date", "up to date at version {version}", version=version)
            case State.FAILED:
                message = "deployment failed; still at version {version}"
                self._log.error("failed", message, version=version, report=report)
            case State.REFUSED:
                message = "a person must decide; still at version {version}"
                self._log.error("refused", message, version=version, report=report)
            case State.PAUSED:
                message = "paused; still at version {version}"
                self._log.warning("paused", message, version=version, report=report)
            case State.IN_PROGRESS:
                message = "in progress, and a person must decide; still at version {version}"
                self._log.error("in_progress", message, version=version, report=report)
            case State.BEHIND:
                message = "stopped at version {version}; the rest follows at the next start"
                self._log.info("behind", message, version=version)

    def _failed(self, error: MainsqlError) -> None:
        report = error.report()
        if not self._is_new(type(error), report):
            return
        if isinstance(error, Cancelled):
            self._log.warning("cancelled", "cancelled", report=report)
        elif error.retry is Retry.LATER:
            self._log.warning("waiting", "cannot deploy now; trying again", report=report)
        else:
            self._log.error("failed", "cannot deploy", report=report)

    def _not_cancelled(self, failure: Failure) -> None:
        if isinstance(failure.value, MainsqlError):
            report = failure.value.report()
            self._log.warning("not_cancelled", "cannot cancel", report=report)
        else:
            self._log.critical("bug", "a bug in mainsql: cannot cancel", failure)

    def _is_new(self, *what: object) -> bool:
        was, self._last = self._last, what
        return was != what
