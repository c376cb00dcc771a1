"""The parts of a daemon: what it takes to watch what it is to watch, and how that is changed meanwhile.

Each thing that is watched is an object of the core's. One that is the same object as before goes on as
if nothing had happened; one that is not there any more ends what it has in hand, and whoever takes its
place under the same name begins after that.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from functools import partial
from typing import TypedDict, cast

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure

from mainsql.daemon.clock import Time
from mainsql.daemon.deployer import Deployer
from mainsql.daemon.guard import Guard
from mainsql.daemon.health import Health, moment
from mainsql.daemon.listener import Listener, Readers
from mainsql.daemon.log import Log
from mainsql.daemon.poller import Poller
from mainsql.daemon.pruner import Pruner
from mainsql.daemon.seams import Deployable, Guarded, Prunable, Watch, Watched
from mainsql.daemon.workers import Run, Workers
from mainsql.database.listening import Wake, Word

_APART = 0.05
"""Seconds between the first polls of two repositories, so that not all are polled at the same time."""


class _How(TypedDict):
    run: Run
    clock: Time
    random: Callable[[], float]


class Parts:
    """A poller for each repository, a deployer for each target, guard and pruner for those that have one.

    One listener for each database serves all the targets in it. For the reactor's thread only.
    """

    def __init__(
        self,
        workers: Workers,
        reactor: ReactorBase,
        *,
        clock: Time,
        random: Callable[[], float],
        log: Log,
    ) -> None:
        self._workers = workers
        self._reactor = reactor
        self._log = log
        self._how: _How = {"run": workers.run, "clock": clock, "random": random}
        self._pollers: dict[Watched, Poller] = {}
        self._deployers: dict[tuple[Watched, Deployable], Deployer] = {}
        self._guards: dict[Guarded, Guard] = {}
        self._pruners: dict[Prunable, Pruner] = {}
        self._listeners: dict[Hashable, Listener] = {}
        self._leaving: dict[str, Deployer] = {}
        self._stopping = False

    @property
    def pollers(self) -> tuple[Poller, ...]:
        """Those of the repositories that are watched."""
        return tuple(self._pollers.values())

    @property
    def deployers(self) -> tuple[Deployer, ...]:
        """Those of the targets that are kept up to date, and those that have not ended yet."""
        return (*self._deployers.values(), *self._leaving.values())

    @property
    def guards(self) -> tuple[Guard, ...]:
        """Those of the targets that are looked at by themselves."""
        return tuple(self._guards.values())

    def health(self, since: datetime) -> Health:
        """How all of them are, ``since`` when they run."""
        return Health(
            moment(self._how["clock"].seconds()),
            since,
            [
                *(poller.name for poller in self.pollers if poller.late),
                *(deployer.name for deployer in self.deployers if deployer.late),
                *(guard.name for guard in self.guards if guard.late),
                *(pruner.name for pruner in self._pruners.values() if pruner.late),
            ],
            [poller.health() for poller in self.pollers],
            [deployer.health(of.name) for (of, _), deployer in self._deployers.items()],
        )

    def change_to(self, watches: Sequence[Watch]) -> None:
        """Watch these from now on, and nothing else."""
        targets = [target for watch in watches for target in watch.targets]
        guarded = [each for watch in watches for each in watch.guarded]
        prunable = [each for watch in watches for each in watch.prunable]
        # One each, so that none that hangs starves another; for each target one to cancel and one to
        # listen, too; and one to read the configuration.
        tended = len(guarded) + len(prunable)
        self._workers.resize(len(watches) + 3 * len(targets) + tended + len(self._leaving) + 1)
        self._let_go(watches, guarded, prunable)
        for target in targets:
            if target.database not in self._listeners:
                self._listen_for(target)
        for watch in watches:
            poller = self._poller(watch)
            for target in watch.targets:
                if (watch.repository, target) not in self._deployers:
                    self._deploy_to(poller, watch.repository, target)
        for each in guarded:
            if each not in self._guards:
                guard = self._guards[each] = Guard(each, log=self._log.about(target=each.name), **self._how)
                guard.start()
        for kept in prunable:
            if kept not in self._pruners:
                log = self._log.about(target=kept.name)
                pruner = self._pruners[kept] = Pruner(kept, log=log, **self._how)
                pruner.start()

    def stop(self) -> Deferred[list[None]]:
        """Begin nothing more. Fires when no deployment is in hand any more."""
        self._stopping = True
        for poller in self.pollers:
            poller.stop()
        for guard in self.guards:
            guard.stop()
        for pruner in self._pruners.values():
            pruner.stop()
        for listener in self._listeners.values():
            listener.stop()
        return gatherResults([deployer.stop() for deployer in self.deployers])

    def _poller(self, watch: Watch) -> Poller:
        """The one of the repository; a new one begins when those before it have begun."""
        if (known := self._pollers.get(watch.repository)) is not None:
            known.interval = watch.interval
            return known
        log = self._log.about(repository=watch.repository.name)
        poller = Poller(watch.repository, interval=watch.interval, log=log, **self._how)
        poller.start(_APART * len(self._pollers))
        self._pollers[watch.repository] = poller
        return poller

    def _deploy_to(self, poller: Poller, repository: Watched, target: Deployable) -> None:
        deployer = Deployer(
            target,
            log=self._log.about(target=target.name),
            listener=self._listeners[target.database],
            **self._how,
        )
        self._deployers[repository, target] = deployer

        def begin(_: object) -> None:
            if self._deployers.get((repository, target)) is deployer and not self._stopping:
                poller.add(deployer)

        before = self._leaving.get(target.name)
        if before is None:
            begin(None)
        else:
            before.stop().addCallback(begin)

    def _listen_for(self, target: Deployable) -> None:
        listener = self._listeners[target.database] = Listener(
            target.listen,
            came_up=partial(self._heard, target.database, [Word(Wake.LOOK)]),
            heard=partial(self._heard, target.database),
            reactor=cast(Readers, self._reactor),
            log=self._log.about(target=target.name),
            **self._how,
        )
        listener.start()

    def _heard(self, database: Hashable, words: Sequence[Word]) -> None:
        for word in words:
            for (repository, target), deployer in self._deployers.items():
                if target.database != database or word.tree not in (None, target.tree):
                    continue
                match word.wake:
                    case Wake.LOOK:
                        deployer.poke()
                    case Wake.POKE:
                        self._pollers[repository].poke()

    def _let_go(
        self, watches: Sequence[Watch], guarded: Sequence[Guarded], prunable: Sequence[Prunable]
    ) -> None:
        """Ends the parts for what is not watched any more."""
        wanted = {(watch.repository, target) for watch in watches for target in watch.targets}
        for repository in self._pollers.keys() - {watch.repository for watch in watches}:
            mine = [deployer for (of, _), deployer in self._deployers.items() if of is repository]
            self._close(repository, self._pollers.pop(repository), mine)
        for key in self._deployers.keys() - wanted:
            deployer = self._deployers.pop(key)
            if (poller := self._pollers.get(key[0])) is not None:
                poller.remove(deployer)
            self._leave(deployer)
        for each in self._guards.keys() - set(guarded):
            self._guards.pop(each).stop()
        for kept in self._pruners.keys() - set(prunable):
            self._pruners.pop(kept).stop()
        for database in self._listeners.keys() - {target.database for _, target in wanted}:
            self._listeners.pop(database).stop()

    def _leave(self, deployer: Deployer) -> None:
        stopped = deployer.stop()
        if not deployer.busy:
            return
        self._leaving[deployer.name] = deployer
        self._log.about(target=deployer.name).info(
            "leaving", "not watched any more, once the transaction in hand has ended"
        )
        stopped.addCallback(lambda _: self._leaving.pop(deployer.name, None))

    def _close(self, repository: Watched, poller: Poller, deployers: Sequence[Deployer]) -> None:
        """Closes the repository when nothing uses it any more; at the end of the process others do."""

        def close(_: object) -> Deferred[None] | None:
            return None if self._stopping else self._workers.run(repository.close)

        ended = gatherResults([poller.stop(), *(deployer.stop() for deployer in deployers)])
        ended.addCallback(close).addErrback(self._bug)

    def _bug(self, failure: Failure) -> None:
        self._log.critical("bug", "a bug in mainsql: a repository could not be closed", failure)
