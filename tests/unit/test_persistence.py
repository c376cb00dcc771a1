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
    attempts = Attempts(*[DEADLOCK] * 10)
    with pytest.raises(StatementError) as raised:
        attempts.run(patience=3)
    assert len(attempts.said) == 3
    assert raised.value.report().endswith("It was tried for 3 s.")


def test_no_patience_is_one_try():
    attempts = Attempts(Locked("taken"))
    with pytest.raises(Locked) as raised:
        attempts.run(patience=0)
    assert (attempts.said, raised.value.report()) == ([], "taken")


def test_who_holds_a_lock_is_said_once_until_it_is_another_one():
    attempts = Attempts(*[Locked("Ada has it")] * 3, *[Locked("Bob has it")] * 2, DEADLOCK, DEADLOCK)
    attempts.run()
    assert attempts.said == ["Ada has it", "Bob has it", *["deadlock detected [40P01]"] * 2]


def test_a_database_that_goes_away_in_the_middle_is_waited_for():
    attempts = Attempts(ConnectionLost("gone"), DatabaseUnavailable("there is no server"))
    assert attempts.run() == "done"
    assert attempts.said == ["gone", "there is no server"]


def test_what_is_not_known_is_still_not_known_when_the_server_stays_away():
    lost = ConnectionLost("lost at COMMIT")
    lost.outcome = "It is not known whether it was changed."
    attempts = Attempts(lost, *[DatabaseUnavailable("there is no server")] * 9)
    with pytest.raises(DatabaseUnavailable, match="no server") as raised:
        attempts.run(patience=3)
    assert "It is not known whether it was changed." in raised.value.report()


def test_pauses_grow_and_are_never_longer_than_it_says():
    pauses: list[float] = []

    class Idle(Interrupt):
        def idle(self, seconds: float) -> bool:
            pauses.append(seconds)
            return False

    def run(error: MainsqlError) -> list[float]:
        pauses.clear()
        attempts = Attempts(*[error] * 8)
        persist(
            attempts.attempt,
            patience=600,
            interrupt=Idle(),
            waiting=attempts.said.append,
            clock=lambda: 0.0,
            jitter=lambda: 0.5,
        )
        return pauses

    assert run(DEADLOCK) == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]
    assert run(Locked("taken")) == [0.2, 0.4, 0.8, 1.6, 2, 2, 2, 2]


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


@pytest.mark.parametrize("wish", [Interrupt.request, Interrupt.hurry])
def test_waiting_ends_when_somebody_wants_it_to(wish):
    interrupt = Interrupt()
    wish(interrupt)
    with pytest.raises(Cancelled, match="stopped while waiting to try again: taken"):
        Attempts(Locked("taken")).run(interrupt=interrupt)
