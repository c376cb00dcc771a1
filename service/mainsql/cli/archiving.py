"""The command that shows which rows are kept, and drops them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from mainsql.cli import options, values
from mainsql.cli.controls import ask, some, yes
from mainsql.cli.output import as_json, counted, moment, say, sized, table, warn
from mainsql.cli.program import main
from mainsql.model import Archived, ArchiveLimits
from mainsql.operations.archiving import Archives, Pruning, archives_of, preview_pruning, prune_archives
from mainsql.operations.target import Target
from mainsql.undo.archive import table as archive_table
from mainsql.workplace import Workplace


@main.command()
@options.target
@click.option(
    "--prune", is_flag=True, help="Drop what goes beyond the limits, unless the undo of a version needs it."
)
@click.option(
    "--older-than",
    type=options.Age(),
    metavar="AGE",
    help="With --prune: what is older (90d, 12h; 0 is all), instead of the limits in the configuration.",
)
@click.option(
    "--force", is_flag=True, help="With --prune: also what the undo of a version needs; it loses the rows."
)
@yes
@options.as_json
@options.database_options
def archives(
    *,
    target: str | None,
    prune: bool,
    older_than: timedelta | None,
    force: bool,
    yes: bool,
    json: bool,
    **where: Any,
) -> None:
    """Lists the rows that versions took away and that are kept in the database, and prunes them.

    Nothing that the undo of a version needs is pruned without --force. After that the version can be
    taken back all the same, and the rollback says which rows it does not bring back.
    """
    if not prune and (older_than is not None or force):
        raise click.UsageError("--older-than and --force go with --prune")
    if json and prune:
        raise click.UsageError("--json lists what is kept; it does not go with --prune")
    with Workplace(options.request(**where)) as workplace:
        targets = some(workplace, target)
        if prune:
            for each in targets:
                _prune(each, older_than, force=force, yes=yes)
            return
        found = [archives_of(each) for each in targets]
    if json:
        as_json([values.archives(each) for each in found])
        return
    for kept in found:
        _show(kept)


def _show(found: Archives) -> None:
    if not found.there:
        say(f"{found.target.label}: nothing is kept")
        return
    say(f"{found.target.label}: {counted(len(found.there), 'archive')}, {sized(found.bytes)}", "bold")
    _list(found.there, found)


def _list(those: Sequence[Archived], found: Archives) -> None:
    table(
        ("VERSION", "WHAT", "ROWS", "SIZE", "SINCE", "NEEDED", "TABLE"),
        [
            (
                str(each.version),
                each.what,
                str(each.kept.rows),
                sized(each.kept.bytes),
                moment(each.at),
                f"by the undo of version {each.version}" if each in found.needed else "no",
                archive_table(each.kept.table),
            )
            for each in those
        ],
    )


def _prune(target: Target, older_than: timedelta | None, *, force: bool, yes: bool) -> None:
    limits = target.archive_limits if older_than is None else ArchiveLimits(older_than)
    if not limits.given:
        raise click.UsageError(
            f"{target.label} has no archive_age or archive_size in the configuration: say --older-than AGE"
        )
    planned = preview_pruning(target, limits, force=force)
    if not planned.pruned:
        say(f"{target.label}: there is nothing to prune")
    else:
        size = sized(sum(each.kept.bytes for each in planned.pruned))
        say(f"{target.label}: {counted(len(planned.pruned), 'archive')} to prune, {size}", "bold")
        _list(planned.pruned, planned.archives)
        if losing := sorted({each.version for each in planned.pruned if each in planned.archives.needed}):
            listed = ", ".join(map(str, losing))
            warn(f"these rows do not come back then when version {listed} is rolled back")
        if not yes:
            ask(f"Drop them from {target.label}?")
        why = "mainsql archives --prune --force" if force else "mainsql archives --prune"
        prune_archives(target, limits, why=why, force=force, expected=planned)
        say(f"{target.label}: pruned", "green")
    _tell_rest(planned)


def _tell_rest(planned: Pruning) -> None:
    if planned.over:
        warn(
            f"{planned.archives.target.label}: what is left is {sized(planned.over)} more than archive_size; "
            "the undo of versions needs it: --force drops it nevertheless"
        )
