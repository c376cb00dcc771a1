"""Time as the daemon asks for it: from the reactor, or in tests from task.Clock."""

from collections.abc import Callable
from typing import Protocol


class DelayedCall(Protocol):
    """What is used of Twisted's IDelayedCall."""

    def active(self) -> bool:
        """Whether the call is still to be made."""

    def cancel(self) -> None:
        """Do not make the call."""


class Time(Protocol):
    """What is used of Twisted's IReactorTime, whose own declaration mypy cannot read."""

    def seconds(self) -> float:
        """The time now."""

    def callLater(self, delay: float, callable: Callable[..., object], /, *args: object) -> DelayedCall:
        """Call it with the arguments after ``delay`` seconds."""
