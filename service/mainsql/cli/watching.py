"""The daemon in the foreground."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from mainsql.config import state_folder
from mainsql.daemon.adapters import Watches
from mainsql.daemon.log import Log, logging_to
from mainsql.daemon.process import run
from mainsql.daemon.seams import Configured
from mainsql.daemon.service import Daemon
from mainsql.database.connecting import psql_line
from mainsql.errors import ConfigurationError, SourceUnavailable
from mainsql.operations.loading import find_main
from mainsql.operations.target import Deployment, Target
from mainsql.workplace import Workplace


def watch_forever(workplace: Workplace, interval: float | None, *, as_json: bool, verbose: bool) -> bool:
    """Watches until it is told to stop; False when something had to be cut off for that."""
    # Importing it installs the reactor, which no other command needs.
    from twisted.internet import reactor

    deployments = workplace.deployments()
    _check(workplace, deployments)
    watching = _Watching(workplace, interval)
    colours = sys.stdout.isatty() and not as_json
    with logging_to(sys.stdout, as_json=as_json, verbose=verbose, colours=colours):
        configured = watching.configured(deployments)
        daemon = Daemon(configured.watches, reactor, stop_timeout=configured.stop_timeout)
        return run(daemon, reactor, watching.read_again, state_folder()) == 0


def _check(workplace: Workplace, deployments: Sequence[Deployment]) -> None:
    if not deployments:
        raise ConfigurationError(
            f"{workplace.file} describes no target",
            hint="add a [targets.NAME] to it, with the tree and the database",
        )


class _Watching:
    """What is watched, as it was configured last."""

    def __init__(self, workplace: Workplace, interval: float | None) -> None:
        self._workplace = workplace
        self._interval = interval
        self._watches = Watches(interval=interval)
        self._introduced: list[tuple[Target, str]] = []

    def read_again(self) -> Configured:
        """What the configuration says now. Raises MainsqlError."""
        deployments = self._workplace.reread()
        _check(self._workplace, deployments)
        return self.configured(deployments)

    def configured(self, deployments: Sequence[Deployment]) -> Configured:
        """What the daemon is to do, after telling about the targets that are new. Raises SourceError."""
        introduced = [(each.target, each.repository.location) for each in deployments]
        for deployment, each in zip(deployments, introduced, strict=True):
            if each not in self._introduced:
                _introduce(self._workplace, deployment, self._interval)
        self._introduced = introduced
        return Configured(self._watches.of(deployments), self._workplace.stop_timeout)


def _introduce(workplace: Workplace, deployment: Deployment, interval: float | None) -> None:
    """Says what is watched and where it goes; raises SourceError for what can never work.

    What is elsewhere is not asked: it may be away, or take an hour to come, and others do not wait for it.
    """
    repository, target = deployment.repository, deployment.target
    main = deployment.config.main or "main.sql"
    if Path(repository.location).is_absolute():
        with contextlib.suppress(SourceUnavailable):
            main = find_main(repository.files(repository.head().id), deployment.config)
    log = Log(target=target.label)
    log.info(
        "watching",
        "watching {main} on {branch} in {repository}, every {interval:g} s",
        main=main,
        branch=repository.watched,
        repository=repository.location,
        interval=interval or deployment.config.repository.interval,
    )
    server = workplace.servers.get(repository.location)
    embedded = server is not None and target.dsn == server.dsn()
    psql = server.psql() if server is not None and embedded else psql_line(target.dsn)
    log.info(
        "database",
        "database ({kind}): {psql}",
        kind=f"embedded PostgreSQL {server.version}" if server is not None and embedded else "given",
        psql=psql,
    )
