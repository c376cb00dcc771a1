"""How long statements may wait and run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds; for one lock and for one statement 0 is none.

    ``retry_for`` is how long a whole transaction is tried again that met a lock, a deadlock, or a lost
    connection; with 0 it is not.
    """

    lock_timeout: float = 5.0
    statement_timeout: float = 0.0
    retry_for: float = 600.0
