"""The command that takes over a database which has the objects of a tree already."""

from typing import Any

import click

from mainsql.cli import options, values
from mainsql.cli.controls import ask, yes
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, counted, say
from mainsql.cli.program import main
from mainsql.cli.running import interruptibly
from mainsql.errors import Refused
from mainsql.operations.adopting import Examination, adopt, examine
from mainsql.operations.target import Deployment
from mainsql.undo.coverage import Coverage
from mainsql.workplace import Workplace

_MOST = 20
"""How many of the things that only the database has are named."""


@main.command(name="adopt")
@options.target
@options.revision
@options.on
@click.option("--dry-run", is_flag=True, help="Compare, and stop.")
@click.option("--force", is_flag=True, help="Record it although the database has not what the tree builds.")
@yes
@options.as_json
@options.tree_options
def adopt_(
    *,
    target: str | None,
    revision: str | None,
    on: str | None,
    dry_run: bool,
    force: bool,
    yes: bool,
    json: bool,
    **where: Any,
) -> int:
    """Records a tree as applied to a database that has its objects already, without running it.

    Before that the tree is built in a scratch database, and the catalogs are compared. What only
    the database has is reported, and left alone. Exits with 3 when the database lacks something that
    the tree builds, or has it otherwise.
    """
    if json and not dry_run:
        raise click.UsageError("--json goes with --dry-run")
    with Workplace(options.request(**where)) as workplace:
        deployment = options.only(workplace.deployments(target))
        repository = deployment.repository
        repository.fetch()
        commit = repository.commit(revision) if revision else repository.head()
        found = interruptibly(lambda interrupt: examine(deployment, commit, on=on, interrupt=interrupt))
        if json:
            as_json(values.examination(deployment.target, found))
            return Exit.DONE if found.complete else Exit.REFUSED
        _show(deployment, found)
        if not found.complete and (dry_run or not force):
            raise _refused(deployment, found)
        if dry_run:
            return Exit.DONE
        label, what = deployment.target.label, f"{counted(len(found.units), 'unit')} as in {commit.short}"
        if not yes:
            ask(f"Record {what} as applied to {label}, without running?")
        done = adopt(deployment, found)
        say(f"{label}: version {done.version} records {what}; nothing was run", "green")
    return Exit.DONE


def _show(deployment: Deployment, found: Examination) -> None:
    say(f"{deployment.target.label}: {found.commit.short} ({found.commit.subject})", "bold")
    if found.scratch_major is not None and found.scratch_major != found.major:
        say(
            f"  note: the target is PostgreSQL {found.major}, the scratch database was on "
            f"{found.scratch_major}: some of what differs may come of that",
            "yellow",
        )
    if found.failure is not None:
        say("  the tree cannot be built in the scratch database:", "bold red")
        say(found.failure)
    if found.coverage is not None:
        _show_coverage(found.coverage)


def _show_coverage(coverage: Coverage) -> None:
    for each in coverage.lacking:
        say(f"  missing: {each}", "red")
    for difference in coverage.different:
        say(f"  different: {difference.what}", "red")
        for line in difference.how:
            say(f"      {line}")
    for each in coverage.reordered:
        say(f"  note: {each}: what is in it stands in another order", "dim")
    for each in coverage.notes:
        say(f"  note: {each}", "dim")
    for each in coverage.beyond[:_MOST]:
        say(f"  only in the database, left alone: {each}", "dim")
    if len(coverage.beyond) > _MOST:
        say(f"  … and {len(coverage.beyond) - _MOST} more", "dim")
    if coverage.complete:
        say("  the database has all that the tree builds", "green")


def _refused(deployment: Deployment, found: Examination) -> Refused:
    label = deployment.target.label
    if found.coverage is None:
        return Refused(
            f"it is not known whether {label} has what the tree builds: it cannot be built from nothing",
            hint="where the server lacks something, name one that has it (--on URL); "
            "--force records the tree all the same",
        )
    return Refused(
        f"{label} does not have what the tree builds",
        hint="name the commit that it was built from (--revision), or change by hand what differs, and "
        "adopt it then; --force records the tree all the same, and what is missing stays missing",
    )
