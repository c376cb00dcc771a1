"""The commands that need the repository: one function each."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from mainsql.cli import options, values
from mainsql.cli.deploying import deploy_all
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, branches, say
from mainsql.cli.plans import statements
from mainsql.cli.program import main
from mainsql.config import TEMPLATE
from mainsql.errors import ConfigurationError
from mainsql.model import Statement, Unit
from mainsql.operations.loading import Trees
from mainsql.workplace import Workplace


@main.command()
@options.watch_options
@click.option("--once", is_flag=True, help="Bring every target up to date once, then exit (for cron and CI).")
@click.option(
    "--interval",
    type=options.Duration(),
    help="How often to look for commits. Default: 5s, or as configured.",
)
@click.option(
    "--log-format",
    type=click.Choice(["human", "json"]),
    default="human",
    show_default=True,
    help="One line an event: for people, or JSON for programs.",
)
@click.option("--verbose", is_flag=True, help="Log also what is for debugging.")
def watch(*, once: bool, interval: float | None, log_format: str, verbose: bool, **where: Any) -> int:
    """Watches a repository and deploys its commits: the daemon.

    SOURCE is a path or a git URL; default: the current folder. Without --database and
    MAINSQL_DATABASE an embedded PostgreSQL is started, which keeps its data for next time.
    """
    with Workplace(options.request(**where, interval=interval)) as workplace:
        if once:
            return deploy_all(workplace.deployments(), retry_failed=False)
        # Only the daemon needs Twisted.
        from mainsql.cli.watching import watch_forever

        clean = watch_forever(workplace, interval, as_json=log_format == "json", verbose=verbose)
    if not clean:
        # A thread hangs in what had to be cut off, and would keep the process from ending.
        sys.stdout.flush()
        os._exit(Exit.FAILED)
    return Exit.DONE


@main.command()
@click.argument("name", required=False)
@options.revision
@options.as_json
@options.tree_options
def tree(*, name: str | None, revision: str | None, json: bool, **where: Any) -> None:
    """Shows the include tree in the order in which it runs.

    NAME is that of a tree in the configuration.
    """
    with Workplace(options.request(**where)) as workplace:
        shown = []
        for config in workplace.trees(name):
            repository = workplace.repository(config.repository)
            repository.fetch()
            commit = repository.commit(revision) if revision else repository.head()
            shown.append((commit, Trees(repository, config).at(commit.id)))
    if json:
        as_json([values.tree(commit, resolved) for commit, resolved in shown])
        return
    for commit, resolved in shown:
        say(f"{resolved.name}: {resolved.main} at {commit.short} ({commit.subject})", "bold")
        branches(
            resolved.root,
            {unit.name: f"  {statements(found)}" for unit in resolved.units if (found := _sql(unit))},
        )
        for note in resolved.notes:
            if not note.echo:
                say(f"note: {note.place}: {note.text}", "dim")


def _sql(unit: Unit) -> list[Statement]:
    return [statement for statement in unit.statements if not statement.command]


@main.command()
@options.target
@options.revision
@options.wait
@options.tree_options
def deploy(*, target: str | None, revision: str | None, patience: float | None, **where: Any) -> int:
    """Deploys now, without a daemon.

    Each commit that the target lacks becomes a version, in order; also one that failed before. While
    somebody else deploys to the target, it waits and says who.
    """
    with Workplace(options.request(**where)) as workplace:
        deployments = workplace.deployments(target)
        return deploy_all(deployments, revision=revision, retry_failed=True, patience=patience)


@main.command()
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("mainsql.toml"),
    show_default=True,
    help="The file to write.",
)
def init(*, path: Path) -> None:
    """Writes a commented mainsql.toml.

    Never over an existing one.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        raise ConfigurationError(f"{path} is there already", hint="it was not changed") from None
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
    say(f"wrote {path}: now describe your repositories, trees and targets in it")
