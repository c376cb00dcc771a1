"""The operators' commands, which need only the database: one function each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import click

from mainsql.cli import options, values
from mainsql.cli.controls import ask, one, some
from mainsql.cli.exits import Exit, exit_code
from mainsql.cli.health import sources, tell_source
from mainsql.cli.output import as_json, headed, moment, say, table, took, warn
from mainsql.cli.plans import show_rollback
from mainsql.cli.program import main
from mainsql.cli.running import interruptibly
from mainsql.cli.segments import show_progress
from mainsql.database.session import Interrupt
from mainsql.errors import DatabaseError
from mainsql.model import Rollback, Version
from mainsql.operations.persistence import persist
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.target import Target
from mainsql.operations.telling import Standing, history_of, standing
from mainsql.plan.state import Held
from mainsql.workplace import Workplace


@main.command()
@options.as_json
@options.database_options
def status(*, json: bool, **where: Any) -> int:
    """Shows how each target stands."""
    standings: list[Standing | _Unknown] = []
    with Workplace(options.request(**where)) as workplace:
        for target in workplace.targets():
            try:
                standings.append(standing(target))
            except DatabaseError as error:  # of the others it is to be known all the same
                standings.append(_Unknown(target, error))
    told = sources()
    unknown = [found for found in standings if isinstance(found, _Unknown)]
    code = exit_code(unknown[0].error) if unknown else Exit.DONE
    if json:
        as_json([{**_as_plain(f), **values.source(told.get(f.target.label))} for f in standings])
        return code
    if not standings:
        say("nothing was deployed to this database yet")
        return code
    table(("TARGET", "VERSION", "COMMIT", "APPLIED", "BY", "STATE"), [_row(found) for found in standings])
    for found in standings:
        if isinstance(found, Standing):
            _explain(found)
        if (source := told.get(found.target.label)) is not None:
            tell_source(found.target.label, source)
    for each in unknown:
        headed(each.target.label, each.error.report())
    return code


class _Unknown(NamedTuple):
    """A target of which it cannot be told how it stands."""

    target: Target
    error: DatabaseError


def _as_plain(found: Standing | _Unknown) -> dict[str, Any]:
    if isinstance(found, Standing):
        return {**values.standing(found), "error": None}
    return {"target": found.target.name, "tree": found.target.tree, "error": found.error.report()}


def _row(found: Standing | _Unknown) -> Sequence[str]:
    label = found.target.label
    if isinstance(found, _Unknown):
        return (label, "?", "", "", "", "cannot be told")
    current = found.history.current
    return (
        label,
        str(found.history.number or "none"),
        f"{current.commit.short} {current.commit.subject[:50]}" if current else "",
        moment(current.applied_at) if current else "",
        current.applied_by if current else "",
        _state(found),
    )


def _state(found: Standing) -> str:
    if found.broken_links:
        return "ledger changed by hand"
    if found.history.paused:
        return "paused"
    if found.history.progress:
        return "in progress"
    if found.failure:
        return "newest commit failed"
    if found.held:
        return "held after a rollback"
    if found.drift:
        return "drifted"
    return "standby" if found.standby else "ok"


def _explain(found: Standing) -> None:
    if found.standby:
        say(
            f"\n{found.target.label}: this server is a standby, which is only read from. "
            "Nothing is deployed to it until it is promoted."
        )
    if (word := found.history.paused) is not None:
        say(
            f"\n{found.target.label}: paused by {word.by} since {moment(word.at)} ({word.why}). Nothing is "
            "deployed until `mainsql resume`."
        )
    if (under_way := found.history.progress) is not None:
        show_progress(found.target.label, under_way)
    for held in found.held:
        _explain_held(found.target, held)
    if found.failure:
        say(f"\n{found.target.label}: failed at {moment(found.failure.at)}:\n{found.failure.error}", "yellow")
    if (drift := found.drift) is not None:
        listed = "\n".join(f"  {line}" for line in drift.report.splitlines())
        say(
            f"\n{found.target.label}: somebody changed by other means what was deployed, as seen by "
            f"{drift.by} at {moment(drift.at)}; `mainsql drift` looks again:\n{listed}",
            "yellow",
        )
    if found.broken_links:
        listed = ", ".join(map(str, found.broken_links))
        say(
            f"\n{found.target.label}: the row before version {listed} is not what it was when that "
            "version was deployed: somebody changed mainsql.versions by hand.",
            "bold red",
        )


def _explain_held(target: Target, held: Held) -> None:
    version, back = held.version, held.version.rolled_back
    assert back is not None
    say(
        f"\n{target.label}: version {version.version} ({version.commit.short} {version.commit.subject[:50]}) "
        f"was rolled back by {back.by} at {moment(back.at)}{f' ({back.why})' if back.why else ''}. "
        "Until `mainsql resume` it holds:"
    )
    for unit in held.units:
        say(f"  {unit}: until it changes or leaves the tree")
    for unit in held.removed:
        say(f"  {unit} (to be taken back, for it has left the tree): until it is there again")


@main.command()
@options.target
@options.as_json
@options.database_options
def history(*, target: str | None, json: bool, **where: Any) -> None:
    """Lists the versions of a target, the newest last."""
    with Workplace(options.request(**where)) as workplace:
        histories = [(found, history_of(found)) for found in some(workplace, target)]
    if json:
        as_json([values.history(found, versions) for found, versions in histories])
        return
    for found, versions in histories:
        if len(histories) > 1:
            say(found.label, "bold")
        _show_versions(versions.versions)


def _show_versions(versions: Sequence[Version]) -> None:
    """Who signed them has a column where anybody asked for that."""
    signed = any(version.signer for version in versions)
    table(
        ("VERSION", "COMMIT", *(["SIGNED BY"] if signed else []), "APPLIED", "BY", "TOOK", "UNDO", "MESSAGE"),
        [
            (
                str(version.version),
                version.commit.short,
                *([version.signer.name if version.signer else ""] if signed else []),
                moment(version.applied_at),
                version.applied_by,
                took(version.duration),
                _undo(version),
                version.commit.subject[:60],
            )
            for version in versions
        ],
    )


def _undo(version: Version) -> str:
    back = version.rolled_back
    return f"rolled back {moment(back.at)}" if back else version.undo_kind.value


@main.command()
@options.target
@click.option(
    "--to", type=click.IntRange(min=0), metavar="N", help="The version to go back to; 0: before the first."
)
@click.option("--last", is_flag=True, help="Take back the newest version only.")
@click.option("--why", default="", help="The reason, for the ledger.")
@click.option("--dry-run", is_flag=True, help="Show what would run, and stop.")
@click.option(
    "--force",
    is_flag=True,
    help="Go on although somebody changed what is taken back, or it is not as it was before in the end.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.wait
@options.as_json
@options.database_options
def rollback(
    *,
    target: str | None,
    to: int | None,
    last: bool,
    why: str,
    dry_run: bool,
    force: bool,
    yes: bool,
    patience: float | None,
    json: bool,
    **where: Any,
) -> int:
    """Takes a target back to an earlier version.

    The undo scripts of all versions above it run in reverse order, in one transaction, and the
    versions are marked; the ledger keeps them. What was rolled back does not come back by itself.
    Before it is committed, the catalogs are compared with what they were before those versions.
    """
    if last == (to is not None):
        raise click.UsageError("say either --to N or --last")
    if json and not dry_run:
        raise click.UsageError("--json goes with --dry-run")
    with Workplace(options.request(**where)) as workplace:
        found = one(workplace, target)
        planned = preview_rollback(found, to)
        if json:
            as_json(values.rollback(found, planned))
            return Exit.DONE
        show_rollback(found, planned)
        if dry_run:
            return Exit.DONE
        if not yes:
            ask(f"Take {found.label} back from version {planned.from_version} to {planned.to_version}?")
        _roll_back(found.tried_for(patience), planned, why, force=force)
        say(f"{found.label} is at version {planned.to_version}", "green")
        say("what was taken back stays away until it changes, or until `mainsql resume`")
    return Exit.DONE


def _roll_back(target: Target, planned: Rollback, why: str, *, force: bool) -> None:
    def waiting(reason: str) -> None:
        warn(f"{target.label}: {reason}; trying again")

    def told(what: str) -> None:
        warn(f"{target.label}: {what}")

    def work(interrupt: Interrupt) -> None:
        persist(
            lambda: roll_back(target, planned, why=why, force=force, interrupt=interrupt, told=told),
            patience=target.limits.retry_for,
            interrupt=interrupt,
            waiting=waiting,
        )

    interruptibly(work)
