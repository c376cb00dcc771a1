"""How long statements may wait and run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds; 0 for none."""

    lock_timeout: float = 5.0
    statement_timeout: float = 0.0
