"""Trying again what a lock or a lost connection broke off."""

import pytest

from mainsql.database.session import Interrupt
from mainsql.errors import (
    Cancelled,
    ConnectionLost,
    DatabaseUnavailable,
    Locked,
    MainsqlError,
    Retry,
    StatementError,
)
from mainsql.operations.persistence import persist

DEADLOCK = StatementError("deadlock detected", sqlstate="40P01", place=None, retry=Retry.LATER)


class Attempts:
    """Raises one error after the other, then succeeds."""

    def __init__(self, *errors: MainsqlError) -> None:
        self.errors = list(errors)
        self.said: list[str] = []
        self.seconds = 0.0

    def attempt(self) -> str:
        self.seconds += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def run(self, patience: float = 100.0, interrupt: Interrupt | None = None) -> str:
        return persist(
            self.attempt,
            patience=patience,
            interrupt=interrupt or Interrupt(),
            waiting=self.said.append,
            clock=lambda: self.seconds,
            jitter=lambda: -0.5,  # no pause at all
        )


def test_what_may_pass_is_tried_again_and_said():
    attempts = Attempts(Locked("taken"), DEADLOCK, ConnectionLost("gone"))
    assert attempts.run() == "done"
    assert attempts.said == ["taken", "deadlock detected [40P01]", "gone"]


def test_patience_has_an_end():
    attempts = Attempts(*[Locked("taken")] * 10)
    with pytest.raises(Locked):
        attempts.run(patience=3)
    assert len(attempts.said) == 3


@pytest.mark.parametrize(
    "error",
    [
        StatementError("division by zero", sqlstate="22012", place=None),
        DatabaseUnavailable("there is no server"),
    ],
    ids=["an error of the script", "a database that cannot be reached at all"],
)
def test_other_errors_are_raised_at_once(error):
    attempts = Attempts(error)
    with pytest.raises(type(error)):
        attempts.run()
    assert attempts.said == []


def test_waiting_can_be_cancelled():
    interrupt = Interrupt()
    interrupt.request()
    with pytest.raises(Cancelled):
        Attempts(Locked("taken")).run(interrupt=interrupt)
