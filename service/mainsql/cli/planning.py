"""The page that people read before they deploy: ``mainsql plan``."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from mainsql.cli import options, values
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, complain
from mainsql.cli.plans import Page, show_page
from mainsql.cli.program import main
from mainsql.cli.ranges import Range, target_and_range
from mainsql.errors import ConfigurationError
from mainsql.model import Plan, Refusal
from mainsql.operations.foretelling import with_kept
from mainsql.operations.planning import Broken, preview, preview_between, refused
from mainsql.plan.program import sent
from mainsql.script.render import render
from mainsql.workplace import Workplace


@main.command()
@click.argument("words", nargs=-1, metavar="[TARGET] [A..B]")
@options.revision
@click.option("--all", "everything", is_flag=True, help="Show every unit and every lock, however many.")
@click.option("--sql", is_flag=True, help="Print exactly the SQL that would be sent, with its origins.")
@options.as_json
@options.tree_options
def plan(
    *, words: tuple[str, ...], revision: str | None, everything: bool, sql: bool, json: bool, **where: Any
) -> int:
    """Shows what a deploy would do, without doing it.

    For each unit what happens and why, what is destructive, and which locks are taken on tables that
    are there already. A..B shows what the commits after A up to B (default: the newest) would do to a
    database that is at A; it needs no database.

    Exits with 0 when there is nothing to do, 2 when there is something, 3 when it would be refused,
    1 when the newest commit's tree cannot be deployed as it is written.
    """
    target, wanted = target_and_range(words)
    if wanted and revision:
        raise ConfigurationError(
            "--revision and a range of commits exclude each other", hint=f"write {wanted.base}..{revision}"
        )
    with Workplace(options.request(**where)) as workplace:
        if wanted is not None:
            pages = list(_between(workplace, target, wanted))
        else:
            pages = list(_of_targets(workplace, target, revision))
    if json:
        as_json([values.page(page) for page in pages])
    else:
        for page in pages:
            if sql:
                _print_sql(page)
            else:
                show_page(page, everything=everything)
    return _exit(pages)


def _of_targets(workplace: Workplace, name: str | None, revision: str | None) -> Iterator[Page]:
    for deployment in workplace.deployments(name):
        repository = deployment.repository
        repository.fetch()
        head = repository.commit(revision) if revision else repository.head()
        target = deployment.target
        commits = with_kept(target, preview(deployment, head))
        yield Page(target.label, target.name, target.tree, commits)


def _between(workplace: Workplace, name: str | None, wanted: Range) -> Iterator[Page]:
    for target, trees in workplace.undeployed(name):
        trees.repository.fetch()
        base, head = wanted.commits(trees.repository)
        tree = trees.config.name
        label = f"{tree}@{target}" if target else tree
        yield Page(label, target, tree, preview_between(trees, base, head), base)


def _print_sql(page: Page) -> None:
    for found in page.commits:
        match found.outcome:
            case Plan() as planned:
                sys.stdout.write(render(sent(planned)))
            case Refusal() as refusal:
                complain(refused(refusal))
            case Broken(_, error):
                complain(error)


def _exit(pages: Sequence[Page]) -> Exit:
    last = [page.commits[-1].outcome for page in pages]
    if any(isinstance(outcome, Broken) for outcome in last):
        return Exit.FAILED
    if any(isinstance(outcome, Refusal) for outcome in last):
        return Exit.REFUSED
    planned = any(isinstance(found.outcome, Plan) for page in pages for found in page.commits)
    return Exit.SOMETHING_TO_DO if planned else Exit.DONE
