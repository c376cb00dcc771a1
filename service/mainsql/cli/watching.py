"""The daemon in the foreground."""

import sys
from dataclasses import replace

from mainsql.daemon.adapters import watches
from mainsql.daemon.log import Log, logging_to
from mainsql.daemon.service import Daemon, run
from mainsql.database.connecting import psql_line
from mainsql.errors import ConfigurationError, SourceUnavailable
from mainsql.operations.loading import find_main
from mainsql.operations.target import Deployment
from mainsql.workplace import Workplace


def watch_forever(workplace: Workplace, interval: float | None, *, as_json: bool, verbose: bool) -> bool:
    """Watches until it is told to stop; False when something had to be cut off for that."""
    # Importing it installs the reactor, which no other command needs.
    from twisted.internet import reactor

    deployments = workplace.deployments()
    if not deployments:
        raise ConfigurationError(
            f"{workplace.file} describes no target",
            hint="add a [targets.NAME] to it, with the tree and the database",
        )
    found = [replace(watch, interval=interval) if interval else watch for watch in watches(deployments)]
    colours = sys.stdout.isatty() and not as_json
    with logging_to(sys.stdout, as_json=as_json, verbose=verbose, colours=colours):
        for deployment in deployments:
            _introduce(workplace, deployment, interval)
        daemon = Daemon(found, reactor, stop_timeout=workplace.stop_timeout)
        return run(daemon, reactor) == 0


def _introduce(workplace: Workplace, deployment: Deployment, interval: float | None) -> None:
    """Says what is watched and where it goes; raises SourceError for what can never work."""
    repository, target = deployment.repository, deployment.target
    try:
        repository.fetch()
        main = find_main(repository.files(repository.head().id), deployment.config)
    except SourceUnavailable:
        main = deployment.config.main or "main.sql"
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
