"""The core as the daemon sees it, in the test's hand: fakes of daemon/seams.py's own protocols."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, TypeVar

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, maybeDeferred

from mainsql.daemon.seams import Deployable, Ear, Watched
from mainsql.errors import Cancelled, DatabaseUnavailable
from mainsql.model import Commit
from mainsql.operations.outcome import Deployed, Outcome, State

T = TypeVar("T")

FOREVER = 30.0  # seconds after which a thread gives up, so that a broken test ends


def commit(number: int, subject: str = "Add prices") -> Commit:
    return Commit(f"{number:040x}", "Ann", f"{subject}\n\nAt length.", datetime(2026, 1, 1, tzinfo=UTC))


def deployed(version: int, **more: Any) -> Deployed:
    return Deployed(version, commit(version), timedelta(seconds=0.25), statements=3, **more)


UP_TO_DATE = Outcome(State.UP_TO_DATE, 1)


def inline(function: Callable[[], T], /) -> Deferred[T]:
    """Workers.run without a thread."""
    return maybeDeferred(function)


class Heard:
    """The log of a test, which can be waited for."""

    def __init__(self, reactor: ReactorBase | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self._reactor = reactor
        self._waiting: dict[str, Deferred[None]] = {}

    def __call__(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        waiting = self._waiting.pop(event["mainsql_event"], None)
        if waiting is not None and self._reactor is not None:
            # Not inside the call: whoever logs shall come to the end of what they do.
            self._reactor.callFromThread(waiting.callback, None)

    @property
    def names(self) -> list[str]:
        return [event["mainsql_event"] for event in self.events]

    def next(self, name: str) -> Deferred[None]:
        """Fires when an event of that name comes; ask before it can."""
        return self._waiting.setdefault(name, Deferred())


class Repository(Watched):
    """Each poll gives the next answer; the last one stays."""

    def __init__(self, *answers: Commit | Exception, name: str = "shop") -> None:
        self._name = name
        self.answers = list(answers)
        self.closed = 0

    @property
    def name(self) -> str:
        return self._name

    def close(self) -> None:
        self.closed += 1

    def poll(self) -> Commit:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Target(Deployable):
    """Each time it is reconciled it gives the next answer; the last one stays."""

    def __init__(self, *answers: Outcome | Exception, name: str = "shop@production") -> None:
        self._name = name
        self.answers = list(answers)
        self.reconciled = 0
        self.cancelled = 0
        self.stopped = 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def tree(self) -> str:
        return self._name.partition("@")[0]

    @property
    def database(self) -> str:
        return self._name.partition("@")[2]

    def listen(self) -> Ear:
        raise DatabaseUnavailable("nobody can listen")

    def reconcile(self) -> Outcome:
        self.reconciled += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def cancel(self) -> None:
        self.cancelled += 1

    def stop(self) -> None:
        self.stopped += 1


class SlowRepository(Repository):
    """Its poll blocks until ``go`` is set; ``began`` fires in the reactor."""

    def __init__(self, reactor: ReactorBase, *answers: Commit | Exception, name: str = "slow") -> None:
        super().__init__(*answers, name=name)
        self.go = Event()
        self.began: Deferred[None] = Deferred()
        self._reactor = reactor

    def poll(self) -> Commit:
        self._reactor.callFromThread(self.began.callback, None)
        self.go.wait(FOREVER)
        return super().poll()


class SlowTarget(Target):
    """It deploys until ``go`` is set, or until it is cancelled."""

    def __init__(self, reactor: ReactorBase, *, name: str = "shop@production") -> None:
        super().__init__(Outcome(State.UP_TO_DATE, 1, (deployed(1),)), name=name)
        self.go = Event()
        self.began: Deferred[None] = Deferred()
        self._reactor = reactor
        self._interrupted = False

    def reconcile(self) -> Outcome:
        self._reactor.callFromThread(self.began.callback, None)
        self.go.wait(FOREVER)
        if self._interrupted:
            raise Cancelled("cancelled")
        return super().reconcile()

    def cancel(self) -> None:
        super().cancel()
        self._interrupted = True
        self.go.set()


class Stubborn(SlowTarget):
    """It takes no notice of being cancelled."""

    def cancel(self) -> None:
        self.cancelled += 1


def within(deferred: Deferred[T]) -> Deferred[T]:
    """The same, but a broken test fails and does not hang."""
    from twisted.internet import reactor

    return deferred.addTimeout(FOREVER, reactor)
