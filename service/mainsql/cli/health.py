"""How the daemons are that run here."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from mainsql.cli import options
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, moment, say
from mainsql.cli.program import main
from mainsql.config import state_folder
from mainsql.daemon.asking import Asked, ask_daemons
from mainsql.errors import MainsqlError, Refused


@main.command()
@click.option("--live", is_flag=True, help="Ask only whether it lives, and not what it can reach.")
@options.as_json
def health(*, live: bool, json: bool) -> int:
    """Tells how the daemon is that runs with this state folder.

    Exit code 0: it lives, and has lately reached its repositories and targets; 1: not so, or there
    is none.
    """
    asked = ask()
    if json:
        as_json([each.said for each in asked])
    elif not asked:
        say(f"no daemon runs with the state folder {state_folder()}", "red")
    for each in () if json else asked:
        _tell(each)
    well = bool(asked) and all(each.live if live else each.ready for each in asked)
    return Exit.DONE if well else Exit.FAILED


def ask() -> Sequence[Asked]:
    """What the daemons of this state folder say. Raises Refused when they may not be asked."""
    try:
        return ask_daemons(state_folder())
    except PermissionError as error:
        raise Refused(
            f"{error.filename or state_folder()} belongs to the user as whom the daemon runs",
            hint="ask as that user, or as root",
        ) from None


def sources() -> Mapping[str, Mapping[str, str | None]]:
    """What the daemon that runs here says of the source of each target, by the target's label."""
    found: dict[str, Mapping[str, str | None]] = {}
    with contextlib.suppress(MainsqlError):
        for said in (each.said for each in ask() if each.said is not None):
            known = {each["repository"]: each for each in said["repositories"]}
            found |= {each["target"]: known[each["repository"]] for each in said["targets"]}
    return found


def tell_source(target: str, source: Mapping[str, str | None]) -> None:
    """Says when it was heard from last, and what is in the way since."""
    at, problem = source["heard_at"], source["problem"]
    last = f"heard from its source last at {moment(datetime.fromisoformat(at))}" if at else None
    told = f"\n{target}: the daemon that runs here {last or 'has not heard from its source yet'}"
    if problem is None:
        say(f"{told}.")
        return
    say(f"{told}, and cannot now:", "yellow")
    _problem(source)


def _tell(asked: Asked) -> None:
    if asked.said is None:
        say("a daemon runs here that does not answer: it hangs", "bold red")
        return
    said = asked.said
    state = "lives and is ready" if asked.ready else "lives, but is not ready" if asked.live else "hangs"
    say(f"the daemon {state}: {said['summary']}", None if asked.ready else "yellow")
    for each in said["repositories"]:
        say(f"  {each['repository']}: {_heard(each['heard_at'])}")
        _problem(each)
    for each in said["targets"]:
        version = "not looked at yet" if each["version"] is None else f"version {each['version']}"
        doing = ", deploying" if each["deploying"] else ""
        say(f"  {each['target']}: {version}{', ' + each['state'] if each['state'] else ''}{doing}")
        _problem(each)


def _heard(at: str | None) -> str:
    return f"last heard from at {moment(datetime.fromisoformat(at))}" if at else "never heard from yet"


def _problem(part: Mapping[str, Any]) -> None:
    for line in (part["problem"] or "").splitlines():
        say(f"    {line}", "yellow")
