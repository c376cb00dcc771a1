"""How long to wait after a failure that may pass."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses in seconds that double with each failure in a row up to ``cap``, with jitter.

    None is shorter than ``base``, so what fails at once is still tried at most once per ``base``.
    """

    base: float = 1.0
    cap: float = 300.0

    def pause(self, failures: int, chance: float) -> float:
        """The pause after that many failures in a row (from 1).

        ``chance`` in [0, 1) places it in the upper half of what is due: a daemon with many
        targets on one server does not return to it with all of them at the same moment.
        """
        doublings = min(failures, 64)  # 2.0**1024 is an OverflowError, after a day of failures
        due = min(self.cap, self.base * 2.0**doublings)
        return max(self.base, due * (1 + chance) / 2)
