"""The options that many commands share, and what they mean."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from mainsql.config import LONGEST_AGE, duration
from mainsql.model import Vcs
from mainsql.operations.target import Deployment
from mainsql.script.variables import NAME as VARIABLE
from mainsql.workplace import DATABASE_VARIABLE, Request

Command = TypeVar("Command", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """A time span, as ``5s`` or ``1m30s``; in seconds."""

    name = "duration"

    def __init__(self, *, positive: bool = True) -> None:
        """With ``positive`` it must be longer than zero."""
        self._positive = positive

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return duration(value, positive=self._positive)
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


class Age(click.ParamType[timedelta]):
    """How old something is, as ``90d`` or ``12h``."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return timedelta(seconds=duration(value, longest=LONGEST_AGE))
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


class Assignment(click.ParamType[tuple[str, str]]):
    """``NAME=VALUE``, for a variable of psql's."""

    name = "assignment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        if not equals:
            self.fail(f"{value}: write NAME=VALUE", param, ctx)
        if not VARIABLE.match(name):
            self.fail(f"{name}: a variable has only letters, digits and _ in its name", param, ctx)
        return name, text


_SOURCE = click.option(
    "--source",
    metavar="SOURCE",
    help="The repository: a path, or a URL of git's or Subversion's. Default: the current folder.",
)
_VCS = click.option(
    "--vcs",
    type=click.Choice([each.value for each in Vcs]),
    help="What SOURCE is. Default: it is looked up.",
)
_MAIN = click.option(
    "--main",
    metavar="PATH",
    help="The main script, from the root of the repository. Default: the only main.sql there is.",
)
_TREE = click.option(
    "--tree",
    metavar="NAME",
    help="The tree's name in the ledger. Default: the name of the main script's folder.",
)
_DATABASE = click.option(
    "--database",
    metavar="URL",
    help="The target: postgresql://user@host/name, or libpq's host=… dbname=…. "
    f"Default: ${DATABASE_VARIABLE}, else an embedded server.",
)
_CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The configuration. Default: ./mainsql.toml, else that of the user or the system, if there is one.",
)
_SET = click.option(
    "--set",
    "variables",
    multiple=True,
    type=Assignment(),
    metavar="NAME=VALUE",
    help="Sets a variable for the scripts, as psql -v does; may be given several times.",
)
config = _CONFIG
as_json = click.option("--json", "json", is_flag=True, help="Print JSON, for programs.")
target = click.argument("target", required=False, metavar="[TARGET]")
revision = click.option(
    "--revision",
    metavar="REV",
    help="A commit, branch or tag (of Subversion: r123). Default: the watched branch's newest commit.",
)
wait = click.option(
    "--wait",
    "patience",
    type=Duration(positive=False),
    metavar="DURATION",
    help="How long it is tried again while somebody else deploys or holds a lock; 0: not at all. "
    "Default: retry_for of the target, else 10m.",
)
on = click.option(
    "--on",
    metavar="URL",
    help="Make the scratch database on this server, beside the database that the URL names, which stays "
    "as it is. Default: an embedded server of its own.",
)


def only(deployments: list[Deployment]) -> Deployment:
    """The one that there is. Raises UsageError when there are several."""
    match deployments:
        case [deployment]:
            return deployment
        case several:
            names = ", ".join(each.target.label for each in several)
            raise click.UsageError(f"name one of the targets: {names}")


def tree_options(command: Command) -> Command:
    """What says which tree, and where to: --source, --vcs, --main, --tree, --set, --database, --config."""
    for option in (_CONFIG, _DATABASE, _SET, _TREE, _MAIN, _VCS, _SOURCE):
        command = option(command)
    return command


def source_options(command: Command) -> Command:
    """As ``tree_options``, for commands that name their databases as arguments."""
    for option in (_CONFIG, _SET, _TREE, _MAIN, _VCS, _SOURCE):
        command = option(command)
    return command


def watch_options(command: Command) -> Command:
    """As ``tree_options``, but SOURCE is an argument."""
    for option in (_CONFIG, _DATABASE, _SET, _TREE, _MAIN, _VCS):
        command = option(command)
    return click.argument("source", required=False)(command)


def database_options(command: Command) -> Command:
    """What says which database: --database, --tree, --config, --source for the embedded one."""
    for option in (_CONFIG, _DATABASE, _TREE, _VCS, _SOURCE):
        command = option(command)
    return command


def request(
    *,
    source: str | None = None,
    vcs: str | None = None,
    main: str | None = None,
    tree: str | None = None,
    database: str | None = None,
    config: Path | None = None,
    interval: float | None = None,
    variables: tuple[tuple[str, str], ...] = (),
) -> Request:
    """What was asked for, from the values of the shared options."""
    return Request(source, Vcs(vcs) if vcs else None, main, tree, database, config, interval, dict(variables))
