"""The program: one group of commands, and how each of them ends."""

import gc
import sys
from typing import Any

import click

from mainsql.cli.exits import EXIT_CODES, Exit, exit_code
from mainsql.cli.output import complain, hush_broken_pipe, warn
from mainsql.errors import MainsqlError

_ALLOCATIONS = 50_000
"""How many new values it takes before Python looks for cycles among them; its default is 700."""


def look_for_garbage_seldom() -> None:
    """Sets Python's garbage collection to what a process needs that holds large trees.

    They are many small values that live long and have no cycles: looking through all of them again
    and again takes a sixth of the time.
    """
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)


class _Group(click.Group):
    """Reports what goes wrong, and ends with the exit code for it."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["standalone_mode"] = False
        look_for_garbage_seldom()
        try:
            result = super().main(*args, **kwargs)
        except click.exceptions.Exit as wanted:
            code = wanted.exit_code
        except click.ClickException as error:
            error.show()
            code = Exit.USAGE
        except MainsqlError as error:
            complain(error)
            code = exit_code(error)
        except (click.Abort, KeyboardInterrupt):
            warn("interrupted")
            code = Exit.INTERRUPTED
        except BrokenPipeError:
            hush_broken_pipe()
            code = Exit.FAILED
        else:
            code = result if isinstance(result, int) else Exit.DONE
        sys.exit(int(code))


@click.group(
    cls=_Group,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="mainsql", message="mainsql %(version)s")
def main() -> None:
    """Deploys raw SQL to PostgreSQL from a repository.

    A main script pulls other files in with \\i and \\ir, as psql would read it. Each commit that
    changes what it resolves to is applied in one transaction, and recorded there as a version,
    together with the script that takes it back.

    Start with `mainsql watch` in a repository that has a main.sql.
    """
