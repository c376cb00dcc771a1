"""Trying again what a lock, a deadlock or a lost connection broke off."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from mainsql.database.session import Interrupt
from mainsql.errors import Cancelled, ConnectionLost, DatabaseUnavailable, Locked, Retry, StatementError

Result = TypeVar("Result")

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_LONGEST_FOR_A_LOCK = 2.0
"""To look whether somebody else has finished costs nobody anything, and a person may be waiting for it."""


def persist(
    attempt: Callable[[], Result],
    *,
    patience: float,
    interrupt: Interrupt,
    waiting: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
) -> Result:
    """The result of ``attempt``, tried again with growing pauses for ``patience`` seconds.

    Only what may work later and had begun is tried again: a database that cannot be reached at all
    is reported at once, but one that went away in the middle is waited for. ``waiting`` is told why
    each time, but only once about the same session that holds the lock. Raises what the last attempt
    raised, or Cancelled.
    """
    deadline: float | None = None
    pause = _FIRST_PAUSE
    said: str | None = None
    outcome: str | None = None
    while True:
        try:
            return attempt()
        except (DatabaseUnavailable, StatementError) as error:
            now = clock()
            error.outcome = outcome = error.outcome or outcome
            if not (may_pass(error) or (deadline is not None and error.retry is Retry.LATER)):
                raise
            deadline = now + patience if deadline is None else deadline
            longest = _LONGEST_FOR_A_LOCK if isinstance(error, Locked) else _LONGEST_PAUSE
            wait = min(pause, longest) * (0.5 + jitter())
            if now + wait >= deadline:
                if patience:
                    error.outcome = f"{error.outcome or ''}\nIt was tried for {patience:g} s.".strip()
                raise
            summary = error.summary()
            if not (isinstance(error, Locked) and summary == said):
                waiting(summary)
            said = summary
            if interrupt.idle(wait):
                raise Cancelled(f"stopped while waiting to try again: {summary}") from None
            pause = min(pause * 2, _LONGEST_PAUSE)


def may_pass(error: Exception) -> bool:
    """Whether the whole of it is worth another try at once: it had begun, and something came in its way."""
    return isinstance(error, (Locked, ConnectionLost)) or (
        isinstance(error, StatementError) and error.retry is Retry.LATER
    )
