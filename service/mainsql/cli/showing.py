"""The command that shows one version."""

import sys
from typing import Any

import click

from mainsql.cli import options, values
from mainsql.cli.controls import one
from mainsql.cli.output import as_json, counted, moment, say, sized, took
from mainsql.cli.program import main
from mainsql.errors import Refused
from mainsql.model import Archived, UndoKind, Version
from mainsql.operations.target import Target
from mainsql.operations.telling import Told, version_of
from mainsql.undo.archive import table as archive_table
from mainsql.workplace import Workplace


@main.command()
@click.argument("arguments", nargs=-1, required=True, metavar="[TARGET] VERSION")
@click.option("--undo", is_flag=True, help="Print only the script that takes the version back.")
@options.as_json
@options.database_options
def show(*, arguments: tuple[str, ...], undo: bool, json: bool, **where: Any) -> None:
    """Shows a version: what ran, and its undo."""
    *named, number = arguments
    if len(named) > 1 or not number.isdecimal():
        raise click.UsageError("expected [TARGET] VERSION, where VERSION is a number")
    with Workplace(options.request(**where)) as workplace:
        target = one(workplace, named[0] if named else None)
        told = version_of(target, int(number))
    if json:
        as_json(values.version(told))
    elif undo:
        _show_undo(told.version, told.undo_script)
    else:
        _show_version(target, told)


def _show_undo(version: Version, script: str | None) -> None:
    if script is None:
        missing = [
            f"{s.unit}: {s.undo.reason}" for s in version.steps if s.undo.script is None and s.undo.reason
        ]
        raise Refused(
            f"version {version.version} has no undo script",
            reasons=tuple(missing),
            hint="write the missing ones and commit them: the next deploy records them",
        )
    sys.stdout.write(script)


def _show_version(target: Target, told: Told) -> None:
    version = told.version
    say(f"version {version.version} of {target.label}", "bold")
    rows = [
        ("commit", version.commit.id),
        ("author", version.commit.author),
        ("applied", f"{moment(version.applied_at)} by {version.applied_by}, in {took(version.duration)}"),
        ("transaction", str(version.transaction_id)),
        ("undo", _proven(version)),
    ]
    if version.signer is not None:
        rows.insert(2, ("signed", str(version.signer)))
    if (back := version.rolled_back) is not None:
        rows.append(("rolled back", f"{moment(back.at)} by {back.by}{f': {back.why}' if back.why else ''}"))
    rows += [("kept", _archived(each)) for each in told.archives]
    for name, value in rows:
        say(f"{name:<12} {value}")
    say("\n" + "\n".join(f"    {line}" for line in version.commit.message.strip().splitlines()) + "\n")
    for step in version.steps:
        reason = f" ({step.undo.reason})" if step.undo.reason else ""
        say(f"-- {step.unit}: {step.action.value}; undo: {step.undo.kind.value}{reason}", "cyan")
        for loss in step.undo.losses:
            say(f"-- lost when it is taken back: {loss}", "yellow")
        sys.stdout.write(step.script)
        sys.stdout.flush()


def _proven(version: Version) -> str:
    """How it is taken back, and what is known of that."""
    kind = version.undo_kind
    return kind.value if kind in (UndoKind.NOTHING, UndoKind.MISSING) else f"{kind} ({version.proof})"


def _archived(archived: Archived) -> str:
    rows = f"{archived.what} ({counted(archived.kept.rows, 'row')}, {sized(archived.kept.bytes)})"
    if (dropped := archived.dropped) is None:
        return f"{rows} in {archive_table(archived.kept.table)}"
    return f"{rows}, dropped {moment(dropped.at)} by {dropped.by}: {dropped.why}"
