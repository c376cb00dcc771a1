"""Exit codes, and what ends with which."""

from enum import IntEnum

from mainsql.errors import (
    Cancelled,
    ConfigurationError,
    MainsqlError,
    Refused,
    Retry,
)
from mainsql.operations.outcome import State


class Exit(IntEnum):
    """What the program's exit status means."""

    DONE = 0
    """It did what was asked; for ``plan``: there is nothing to do."""
    FAILED = 1
    """It failed, and nothing was changed."""
    SOMETHING_TO_DO = 2
    """Only ``plan``: a deploy would change something."""
    REFUSED = 3
    """Nothing is wrong with the machinery: a person must decide."""
    LATER = 4
    """Something cannot be reached, or somebody else is at work: the same may succeed later."""
    USAGE = 64
    """The command line or the configuration is wrong."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C or a signal, and nothing was changed by what was under way."""


EXIT_CODES = """\b
Exit codes:
  0    done; for plan: nothing to do
  1    failed, nothing was changed
  2    plan only: there is something to do
  3    refused, paused or in progress: a person must decide
  4    not reachable, or somebody else is deploying: try again later
  64   the command line or the configuration is wrong
  130  interrupted
"""


def exit_code(error: MainsqlError) -> Exit:
    """The exit code for an error."""
    match error:
        case ConfigurationError():
            return Exit.USAGE
        case Cancelled():
            return Exit.INTERRUPTED
        case Refused():
            return Exit.REFUSED
        case _ if error.retry is Retry.LATER:
            return Exit.LATER
    return Exit.FAILED


STATE_EXITS = {
    State.UP_TO_DATE: Exit.DONE,
    State.FAILED: Exit.FAILED,
    State.REFUSED: Exit.REFUSED,
    State.PAUSED: Exit.REFUSED,
    State.IN_PROGRESS: Exit.REFUSED,
    State.BEHIND: Exit.INTERRUPTED,
}
