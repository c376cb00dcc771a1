"""Trying again what a lock, a deadlock or a lost connection broke off."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from mainsql.database.session import Interrupt
from mainsql.errors import Cancelled, ConnectionLost, Locked, Retry, StatementError

Result = TypeVar("Result")

PATIENCE = 600.0
"""How many seconds a command tries again, if nobody says otherwise."""

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0


def persist(
    attempt: Callable[[], Result],
    *,
    patience: float = PATIENCE,
    interrupt: Interrupt,
    waiting: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
) -> Result:
    """The result of ``attempt``, tried again with growing pauses for ``patience`` seconds.

    Only what may work later and had begun is tried again: a database that cannot be reached at all
    is reported at once. ``waiting`` is told why. Raises what the last attempt raised, or Cancelled.
    """
    deadline = clock() + patience
    pause = _FIRST_PAUSE
    while True:
        try:
            return attempt()
        except (Locked, ConnectionLost, StatementError) as error:
            wait = pause * (0.5 + jitter())
            if error.retry is not Retry.LATER or clock() + wait > deadline:
                raise
            waiting(error.summary())
            if interrupt.wait(wait):
                raise Cancelled("cancelled while waiting to try again") from None
            pause = min(pause * 2, _LONGEST_PAUSE)
