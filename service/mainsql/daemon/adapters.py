"""The synchronous core as the daemon asks for it: repositories to poll, targets to reconcile."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mainsql.daemon.log import Log
from mainsql.daemon.seams import Pruned, Watch
from mainsql.database.listening import Listening
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
    """A repository that remembers the newest commit that a poll saw.

    Without a ``name``, which only a configuration gives, it has that of its URL or folder.
    """

    def __init__(self, repository: Repository, name: str = "") -> None:
        self._repository = repository
        self._name = name
        self.newest: Commit | None = None

    @property
    def name(self) -> str:
        """A short name for people."""
        return self._name or self._repository.name

    def poll(self) -> Commit:
        """Fetches, and gives the newest commit. Raises MainsqlError."""
        self._repository.fetch()
        self.newest = self._repository.head()
        return self.newest

    def close(self) -> None:
        """Ends the processes that it holds."""
        self._repository.close()


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

    @property
    def tree(self) -> str:
        """The name of its tree."""
        return self._deployment.target.tree

    @property
    def database(self) -> str:
        """The connection string, which may hold a password."""
        return self._deployment.target.dsn

    def listen(self) -> Listening:
        """A connection that hears what is said in its database. Raises DatabaseUnavailable, Deaf."""
        return Listening(self.database)

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


@dataclass(frozen=True, slots=True)
class _Known:
    """A repository with its targets, each with what it was made from."""

    repository: Repository
    polled: PolledRepository
    targets: list[tuple[Deployment, ReconciledTarget]]
    guarded: list[tuple[Target, GuardedTarget]]
    prunable: list[tuple[Target, PrunableTarget]]


class Watches:
    """Makes what the daemon watches from what is configured.

    Asked again with another configuration it gives the same objects for what is configured the same.
    """

    def __init__(self, *, interval: float | None = None) -> None:
        """``interval`` in seconds stands in for that of each repository."""
        self._interval = interval
        self._known: list[_Known] = []

    def of(self, deployments: Sequence[Deployment]) -> list[Watch]:
        """One watch for each repository, with the targets of all its trees."""
        together: dict[int, list[Deployment]] = {}
        for deployment in deployments:
            together.setdefault(id(deployment.repository), []).append(deployment)
        self._known, before = [], self._known
        found = []
        for group in together.values():
            repository = group[0].repository
            polled = PolledRepository(repository, group[0].config.repository.name)
            empty = _Known(repository, polled, [], [], [])
            old = next((each for each in before if each.repository is repository), empty)
            new = _Known(
                repository, old.polled, _targets(group, old), _guarded(group, old), _prunable(group, old)
            )
            self._known.append(new)
            interval = self._interval or group[0].config.repository.interval
            targets = [target for _, target in new.targets]
            guarded = [each for _, each in new.guarded]
            prunable = [each for _, each in new.prunable]
            found.append(Watch(new.polled, interval, targets, guarded, prunable))
        return found


def _targets(group: Sequence[Deployment], old: _Known) -> list[tuple[Deployment, ReconciledTarget]]:
    found = []
    for deployment in group:
        same = (each for each in old.targets if _is_same(each[0], deployment))
        found.append(next(same, (deployment, ReconciledTarget(deployment, old.polled))))
    return found


def _is_same(known: Deployment, deployment: Deployment) -> bool:
    # Of the repository, which is the same, only the interval can be another one.
    tree = replace(deployment.config, repository=known.config.repository)
    return known.target == deployment.target and known.config == tree


def _guarded(group: Sequence[Deployment], old: _Known) -> list[tuple[Target, GuardedTarget]]:
    known = dict(old.guarded)
    targets = [deployment.target for deployment in group if deployment.target.drift_interval]
    return [(target, known.get(target) or GuardedTarget(target)) for target in targets]


def _prunable(group: Sequence[Deployment], old: _Known) -> list[tuple[Target, PrunableTarget]]:
    known = dict(old.prunable)
    targets = [deployment.target for deployment in group if deployment.target.archive_limits.given]
    return [(target, known.get(target) or PrunableTarget(target)) for target in targets]
