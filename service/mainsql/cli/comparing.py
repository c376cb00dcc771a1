"""Comparing databases."""

from typing import Any

import click

from mainsql.cli import options
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, counted, say, warn
from mainsql.cli.program import main
from mainsql.cli.running import interruptibly
from mainsql.operations.comparing import compare_databases, compare_with_tree
from mainsql.undo.comparing import Comparison, Verdict
from mainsql.undo.differences import lines, plain
from mainsql.workplace import Workplace

_COMMIT = "commit:"


@main.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--strict", is_flag=True, help="Take another order of columns for a difference, too.")
@options.on
@options.as_json
@options.source_options
def compare(*, first: str, second: str, strict: bool, on: str | None, json: bool, **where: Any) -> Exit:
    """Shows what is not the same in two databases, or in one and in what a tree builds.

    A and B are connection strings (postgresql://user@host/name, or libpq's host=… dbname=…), or
    targets of the configuration; one of them may be commit:REV, for what the tree of that commit
    builds from nothing. All that DDL can set is compared, but not rows, nor mainsql's own schemas.
    Exits with 0 when they are equal, 1 when they differ.
    """
    match first.startswith(_COMMIT), second.startswith(_COMMIT):
        case True, True:
            raise click.UsageError("two commits are compared by `mainsql plan A..B`")
        case False, False:
            names, found = _databases(first, second, where)
        case tree_first, _:
            database, commit = (second, first) if tree_first else (first, second)
            names, found = _with_tree(database, commit, on, where, tree_first=tree_first)
    if json:
        as_json({"a": names[0], "b": names[1], **plain(found)})
    else:
        for note in found.notes:
            warn(f"note: {note}")
        for line in lines(found, names):
            say(line)
        say(_summary(found, names), "bold")
    differ = found.verdict is Verdict.DIFFERENT or (strict and found.verdict is Verdict.ORDER)
    return Exit.FAILED if differ else Exit.DONE


def _databases(first: str, second: str, where: dict[str, Any]) -> tuple[tuple[str, str], Comparison]:
    with Workplace(options.request(**where)) as workplace:
        targets = workplace.database(first), workplace.database(second)
        found = compare_databases(*targets)
    names = targets[0].name, targets[1].name
    if names[0] == names[1]:
        names = f"{names[0]} (A)", f"{names[1]} (B)"
    return names, found


def _with_tree(
    database: str, commit: str, on: str | None, where: dict[str, Any], *, tree_first: bool
) -> tuple[tuple[str, str], Comparison]:
    is_target = "://" not in database and "=" not in database
    with Workplace(options.request(**where, database=None if is_target else database)) as workplace:
        deployment = options.only(workplace.deployments(database if is_target else None))
        repository = deployment.repository
        repository.fetch()
        revision = commit.removeprefix(_COMMIT)
        at = repository.commit(revision) if revision else repository.head()
        found = interruptibly(
            lambda interrupt: compare_with_tree(
                deployment, at, tree_first=tree_first, on=on, interrupt=interrupt
            )
        )
    name, tree = deployment.target.name, f"commit {at.short}"
    return (tree, name) if tree_first else (name, tree), found


def _summary(found: Comparison, names: tuple[str, str]) -> str:
    match found.verdict:
        case Verdict.EQUAL:
            return f"{names[0]} and {names[1]} are equal"
        case Verdict.ORDER:
            return f"{names[0]} and {names[1]} are equal but for the order of columns"
    return f"{names[0]} and {names[1]} differ in {counted(len(found.differences), 'object')}"
