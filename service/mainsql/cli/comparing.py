"""Comparing databases."""

from typing import Any

import click

from mainsql.cli import options
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, counted, say, warn
from mainsql.cli.program import main
from mainsql.operations.comparing import compare_databases
from mainsql.undo.comparing import Comparison, Verdict
from mainsql.undo.differences import lines, plain
from mainsql.workplace import Workplace


@main.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--strict", is_flag=True, help="Take another order of columns for a difference, too.")
@options.as_json
@options.config
def compare(*, first: str, second: str, strict: bool, json: bool, **where: Any) -> Exit:
    """Shows what is not the same in two databases.

    A and B are connection strings (postgresql://user@host/name, or libpq's host=… dbname=…), or
    targets of the configuration. All that DDL can set is compared, but not rows, nor mainsql's own
    schemas. Exits with 0 when they are equal, 1 when they differ.
    """
    with Workplace(options.request(**where)) as workplace:
        targets = workplace.database(first), workplace.database(second)
        found = compare_databases(*targets)
    names = targets[0].name, targets[1].name
    if names[0] == names[1]:
        names = f"{names[0]} (A)", f"{names[1]} (B)"
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


def _summary(found: Comparison, names: tuple[str, str]) -> str:
    match found.verdict:
        case Verdict.EQUAL:
            return f"{names[0]} and {names[1]} are equal"
        case Verdict.ORDER:
            return f"{names[0]} and {names[1]} are equal but for the order of columns"
    return f"{names[0]} and {names[1]} differ in {counted(len(found.differences), 'object')}"
