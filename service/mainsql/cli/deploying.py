"""Deploying from the command line: a progress bar, what came of it, the exit code."""

import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainsql.cli.exits import STATE_EXITS, Exit, exit_code
from mainsql.cli.output import complain, console, counted, headed, say, took, warn
from mainsql.cli.running import interruptibly
from mainsql.database.session import Interrupt
from mainsql.errors import MainsqlError
from mainsql.model import Plan, Statement
from mainsql.operations import waking
from mainsql.operations.deploying import Watcher
from mainsql.operations.outcome import Deployed, Outcome
from mainsql.operations.target import Deployment
from mainsql.operations.updating import bring_up_to_date

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_SLOW = 1.0
_MOST_LACKS = 3
"""How many units are named that cannot be taken back."""


class _Bar(Watcher):
    """Shows a progress bar over the statements of a plan that takes longer than a second, and what came."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._timer: threading.Timer | None = None

    def planned(self, plan: Plan) -> None:
        self.end()
        if not sys.stderr.isatty():
            return
        # Only a person at a terminal waits for this import.
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(f"version {plan.version}", total=len(plan.program))
        self._timer = threading.Timer(_SLOW, self._progress.start)
        self._timer.daemon = True
        self._timer.start()

    def statement(self, statement: Statement) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=1, description=str(statement.place.path))

    def waiting(self, why: str) -> None:
        warn(f"{self._label}: {why}; trying again")

    def told(self, what: str) -> None:
        warn(f"{self._label}: {what}")

    def deployed(self, done: Deployed) -> None:
        self.end()
        _tell(self._label, done)

    def end(self) -> None:
        """Takes the bar away."""
        if self._timer is not None:
            self._timer.cancel()
        if self._progress is not None:
            self._progress.stop()


def deploy_all(
    deployments: Sequence[Deployment],
    *,
    revision: str | None = None,
    retry_failed: bool,
    patience: float | None = None,
) -> Exit:
    """Brings targets up to date, one after the other; the exit code of the first that was not.

    A target that fails does not keep the others from being deployed; Ctrl-C does. ``patience`` is how many
    seconds it is tried again; None is what the target says.
    """
    result = Exit.DONE
    for deployment in deployments:
        deployment.target = deployment.target.tried_for(patience)
        code = _deploy_one(deployment, revision, retry_failed=retry_failed)
        if code is Exit.INTERRUPTED:
            return code
        result = result or code
    return result


def _deploy_one(deployment: Deployment, revision: str | None, *, retry_failed: bool) -> Exit:
    bar = _Bar(deployment.target.label)

    def work(interrupt: Interrupt) -> Outcome:
        repository = deployment.repository
        repository.fetch()
        head = repository.commit(revision) if revision else repository.head()
        outcome = bring_up_to_date(
            deployment,
            head,
            interrupt=interrupt,
            watcher=bar,
            retry_failed=retry_failed,
        )
        if outcome.interrupted is not None:
            raise outcome.interrupted
        return outcome

    try:
        outcome = interruptibly(work)
    except MainsqlError as error:
        bar.end()
        complain(error)
        return exit_code(error)
    finally:
        bar.end()
    if outcome.deployed:
        waking.poke_if_possible(deployment.target)
    if outcome.report:
        headed(outcome.state.value, outcome.report)
    else:
        say(f"{deployment.target.label} is up to date at version {outcome.version}", "green")
    return STATE_EXITS[outcome.state]


def _tell(label: str, done: Deployed) -> None:
    say(
        f"{label}: deployed version {done.version} from {done.commit.short} "
        f"({done.commit.subject}): {counted(done.statements, 'statement')} in {took(done.duration)}"
    )
    for lacking in done.lacks[:_MOST_LACKS]:
        say(f"  cannot be taken back: {lacking}", "yellow", hanging=4)
    if len(done.lacks) > _MOST_LACKS:
        more = counted(len(done.lacks) - _MOST_LACKS, "unit")
        say(f"  cannot be taken back: {more} more, see mainsql show {done.version}", "yellow")
    for note in done.notes:
        say(f"  {note.place}: {note.text}", "dim")
