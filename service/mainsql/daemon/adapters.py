"""The synchronous core as the daemon asks for it: repositories to poll, targets to reconcile."""

import threading
from collections.abc import Sequence

from mainsql.daemon.log import Log
from mainsql.daemon.seams import Pruned, Watch
from mainsql.database.session import Interrupt
from mainsql.errors import SourceError
from mainsql.model import Commit
from mainsql.operations.archiving import preview_pruning, prune_archives
from mainsql.operations.deploying import Watcher
from mainsql.operations.drifting import check_drift
from mainsql.operations.outcome import Outcome
from mainsql.operations.target import Deployment, Target
from mainsql.operations.updating import bring_up_to_date
from mainsql.source.repository import Repository


class PolledRepository:
    """A repository that remembers the newest commit that a poll saw."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.newest: Commit | None = None

    @property
    def name(self) -> str:
        """A short name for people."""
        return self._repository.name

    def poll(self) -> Commit:
        """Fetches, and gives the newest commit. Raises MainsqlError."""
        self._repository.fetch()
        self.newest = self._repository.head()
        return self.newest


class ReconciledTarget:
    """A target that is brought up to the newest commit of its repository."""

    def __init__(self, deployment: Deployment, polled: PolledRepository) -> None:
        self._deployment = deployment
        self._polled = polled
        self._lock = threading.Lock()
        self._interrupt = Interrupt()
        self._stopping = False

    @property
    def name(self) -> str:
        """Tree and target, as ``shop@production``."""
        return self._deployment.target.label

    def reconcile(self) -> Outcome:
        """Brings the target up to date. Raises MainsqlError."""
        newest = self._polled.newest
        if newest is None:
            raise SourceError("nothing has been heard from the repository yet")
        with self._lock:
            interrupt = self._interrupt = Interrupt()
            if self._stopping:
                interrupt.hurry()
        return bring_up_to_date(
            self._deployment,
            newest,
            interrupt=interrupt,
            watcher=_Logged(Log(target=self.name)),
            stopping=lambda: self._stopping,
        )

    def cancel(self) -> None:
        """Cancels what ``reconcile`` does now."""
        with self._lock:
            interrupt = self._interrupt
        interrupt.request()

    def stop(self) -> None:
        """Lets ``reconcile`` begin no transaction after the one in hand, nor wait to try one again."""
        with self._lock:
            self._stopping = True
            self._interrupt.hurry()


class GuardedTarget:
    """A target that is compared with what its ledger recorded."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @property
    def name(self) -> str:
        """Tree and target, as ``shop@production``."""
        return self._target.label

    @property
    def interval(self) -> float:
        """Seconds between two looks."""
        return self._target.drift_interval

    def look(self) -> Sequence[str]:
        """What is otherwise now; the ledger knows it then, too. Raises MainsqlError."""
        drift = check_drift(self._target)
        return drift.lines() if drift is not None else ()


class PrunableTarget:
    """A target whose archives have a limit."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @property
    def name(self) -> str:
        """Tree and target, as ``shop@production``."""
        return self._target.label

    def prune(self) -> Pruned:
        """Drops what goes beyond the limit, and no undo needs. Raises MainsqlError."""
        limits = self._target.archive_limits
        planned = preview_pruning(self._target, limits)
        if planned.pruned:
            why = "it went beyond archive_age or archive_size"
            planned = prune_archives(self._target, limits, why=why)
        return Pruned([f"{each.what} (version {each.version})" for each in planned.pruned], planned.over)


class _Logged(Watcher):
    def __init__(self, log: Log) -> None:
        self._log = log

    def waiting(self, why: str) -> None:
        self._log.warning("waiting", "{why}; trying again", why=why)

    def told(self, what: str) -> None:
        self._log.warning("settled", "{what}", what=what)


def watches(deployments: Sequence[Deployment]) -> list[Watch]:
    """One watch for each repository, with the targets of all its trees."""
    together: dict[int, list[Deployment]] = {}
    for deployment in deployments:
        together.setdefault(id(deployment.repository), []).append(deployment)
    found = []
    for group in together.values():
        polled = PolledRepository(group[0].repository)
        targets = [ReconciledTarget(deployment, polled) for deployment in group]
        guarded = [GuardedTarget(each.target) for each in group if each.target.drift_interval]
        prunable = [PrunableTarget(each.target) for each in group if each.target.archive_limits.given]
        found.append(Watch(polled, group[0].config.repository.interval, targets, guarded, prunable))
    return found
