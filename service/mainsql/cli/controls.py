"""The commands by which operators say what may go on: pause, resume, accept, poke."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from mainsql.cli import options
from mainsql.cli.output import counted, say
from mainsql.cli.program import main
from mainsql.errors import Refused
from mainsql.operations import controlling, waking
from mainsql.operations.deploying import accept
from mainsql.operations.target import Target
from mainsql.workplace import Workplace

_why = click.option("--why", default="", help="The reason, for the ledger.")
yes = click.option("--yes", is_flag=True, help="Do not ask.")
_all = click.option("--all", "every", is_flag=True, help="All targets.")


@main.command()
@options.target
@_all
@click.option("--why", required=True, help="The reason, for the ledger and for whoever wonders.")
@options.database_options
def pause(*, target: str | None, every: bool, why: str, **where: Any) -> None:
    """Holds a target: nothing is deployed to it until `mainsql resume`."""
    with Workplace(options.request(**where)) as workplace:
        for found in _chosen(workplace, target, every=every):
            controlling.pause(found, why)
            say(f"{found.label} is paused; mainsql resume releases it")


@main.command()
@options.target
@_all
@_why
@yes
@click.option(
    "--accept-history",
    is_flag=True,
    help="Go on from the newest commit although the applied one does not come before it.",
)
@click.option(
    "--statement-done",
    "said",
    flag_value="done",
    help="Of a statement outside a transaction that was broken off: it is done.",
)
@click.option("--statement-again", "said", flag_value="again", help="It is to run again.")
@options.database_options
def resume(
    *,
    target: str | None,
    every: bool,
    why: str,
    yes: bool,
    accept_history: bool,
    said: str | None,
    **where: Any,
) -> None:
    """Goes on after a pause, and releases what was rolled back, so that it is applied again.

    A version in progress that failed is tried again, too.
    """
    with Workplace(options.request(**where)) as workplace:
        for found in _chosen(workplace, target, every=every):
            if accept_history:
                if not yes:
                    ask(f"Let {found.label} go on from a history that does not hold what is applied?")
                controlling.accept_history(found, why)
                say(f"{found.label}: the next deploy goes on from the newest commit, whatever came before")
                continue
            if said is not None:
                what = "is done" if said == "done" else "runs again"
                if not yes:
                    ask(f"Say of the statement in {found.label} that was broken off that it {what}?")
                unit = controlling.say_of_statement(found, why, done=said == "done")
                say(f"{found.label}: the statement in {unit} {what}; the next deploy goes on from there")
                continue
            if not yes:
                ask(f"Let {found.label} go on, and what was rolled back be applied again?")
            paused, count = controlling.resume(found, why)
            if not (paused or count):
                say(f"{found.label}: the next deploy goes on with what is in progress")
            if paused:
                say(f"{found.label}: no longer paused")
            if count:
                released = counted(count, "version")
                say(f"{found.label}: {released} released; the next deploy applies what they did")


@main.command()
@click.argument("repository", required=False, metavar="[REPOSITORY]")
@options.database_options
def poke(*, repository: str | None, **where: Any) -> None:
    """Makes a running daemon look for commits now, wherever it runs.

    It is told through the databases of its targets. REPOSITORY is a name of the configuration;
    default: all.
    """
    with Workplace(options.request(**where)) as workplace:
        for target in workplace.fed_by(repository):
            name = target.label if target.tree else target.name
            if waking.poke(target):
                say(f"{name}: the daemon that listens there looks now")
            else:
                say(f"{name}: told, but no daemon is seen to listen there; if one runs, it looks by itself")


@main.command(name="accept")
@click.argument("units", nargs=-1, required=True, metavar="UNIT...")
@click.option("--target", metavar="TARGET", help="The target. Default: the only one.")
@options.revision
@yes
@options.tree_options
def accept_(
    *, units: tuple[str, ...], target: str | None, revision: str | None, yes: bool, **where: Any
) -> None:
    """Records units as they are now as applied, without running them.

    For a database that has by other means what a file says. UNIT is a name as `mainsql tree` shows it.
    """
    with Workplace(options.request(**where)) as workplace:
        deployment = options.only(workplace.deployments(target))
        repository = deployment.repository
        repository.fetch()
        commit = repository.commit(revision) if revision else repository.head()
        label, what = deployment.target.label, f"{', '.join(units)} as in {commit.short}"
        if not yes:
            ask(f"Record {what} as applied to {label}, without running?")
        done = accept(deployment, commit, units)
        say(f"{label}: version {done.version} records {what}; nothing was run")


def ask(question: str) -> None:
    """Asks on the terminal. Raises UsageError where there is none, Abort for a no."""
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask on: say --yes")
    click.confirm(question, abort=True)


def some(workplace: Workplace, name: str | None) -> list[Target]:
    """The targets to look at. Raises Refused when there are none."""
    found = workplace.targets(name)
    if not found:
        raise Refused(
            "nothing was deployed to this database yet", hint="deploy it: mainsql deploy, or mainsql watch"
        )
    return found


def one(workplace: Workplace, name: str | None) -> Target:
    """The target that is meant. Raises UsageError when that cannot be told."""
    return _only(some(workplace, name))


def _chosen(workplace: Workplace, name: str | None, *, every: bool) -> Sequence[Target]:
    if every and name is not None:
        raise click.UsageError("say either TARGET or --all")
    found = some(workplace, name)
    return found if every else [_only(found)]


def _only(found: list[Target]) -> Target:
    match found:
        case [target]:
            return target
        case several:
            names = ", ".join(target.label for target in several)
            raise click.UsageError(f"name one of the targets: {names}")
