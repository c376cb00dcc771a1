"""The machine that does one piece of work again and again: the poller and the deployer are two of it.

Invariants:

- The work runs at most once at a time, and it never begins inside a call of poke(), nudge() or
  start(): only the clock begins it.
- A poke is never lost: after it the work begins once more, unless stop() comes first. However
  many pokes come before it begins, it begins once for all of them.
- While it waits for a time or pauses there is exactly one delayed call; in every other phase, and
  while it waits for nothing but a poke, there is none.
- After a failure that may pass (Retry.LATER, or a bug) the work does not begin again within
  ``backoff.base`` seconds, whatever comes.
- After stop() nothing begins. Its Deferred fires when the work in hand, if any, has ended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.python.failure import Failure

from mainsql.daemon.backoff import Backoff
from mainsql.daemon.clock import DelayedCall, Time
from mainsql.daemon.log import Log
from mainsql.errors import MainsqlError, Retry

_JITTER = 0.1
"""What part of an interval chance may take away."""

_LEEWAY = 30.0
"""Seconds by which a timer may be overdue while the reactor does other things."""


class Phase(Enum):
    """What a loop is doing."""

    NEW = auto()
    """It was not started yet."""
    WAITING = auto()
    """For a poke, or for the interval to pass."""
    PAUSING = auto()
    """After a failure that may pass."""
    RUNNING = auto()
    """The work is in hand."""
    STOPPING = auto()
    """The work is in hand for the last time."""
    STOPPED = auto()


class Input(Enum):
    """What can happen to a loop."""

    START = auto()
    POKE = auto()
    NUDGE = auto()
    TIMER = auto()
    SUCCEEDED = auto()
    FAILED = auto()
    """With Retry.NEVER."""
    DISRUPTED = auto()
    """With Retry.LATER, or by a bug."""
    STOP = auto()


@dataclass(slots=True)
class _State:
    phase: Phase = Phase.NEW
    poked: bool = False  # since the work last began
    disruptions: int = 0  # in a row
    earliest: float = 0.0  # when the work may begin again, during a pause
    timer: DelayedCall | None = None
    due: float = 0.0  # when the timer fires, or when the work in hand should have ended
    stopped: list[Deferred[None]] = field(default_factory=list)


class Loop:
    """Runs ``work`` at the right times; see the top of this module for what always holds.

    It begins at once and again ``interval`` seconds after each end, or a little earlier, so that not
    all that began together comes back together; with None only when poked. ``interval`` may be set
    anew, and counts from the next end. ``patience`` is how many seconds the work may take before the
    loop is late; None is for ever. After a failure that may pass it pauses as ``backoff`` says, until
    the first success. Each MainsqlError is given to ``failed``; any other exception is a bug and is
    logged with its traceback. A loop is started once; stopped, it stays so.
    """

    def __init__(
        self,
        work: Callable[[], Deferred[None]],
        *,
        interval: float | None,
        failed: Callable[[MainsqlError], None],
        clock: Time,
        random: Callable[[], float],
        log: Log,
        backoff: Backoff | None = None,
        patience: float | None = None,
    ) -> None:
        self.interval = interval
        self._work = work
        self._patience = patience
        self._report = failed
        self._clock = clock
        self._random = random
        self._log = log
        self._backoff = backoff or Backoff()
        self._delay = 0.0
        self._state = _State()

    @property
    def phase(self) -> Phase:
        """What it is doing now."""
        return self._state.phase

    @property
    def busy(self) -> bool:
        """Whether work is in hand."""
        return self.phase in (Phase.RUNNING, Phase.STOPPING)

    @property
    def late(self) -> bool:
        """Whether it has not done what it should have by now: only a bug or a thread that hangs does that."""
        state, now = self._state, self._clock.seconds()
        if self.busy:
            return self._patience is not None and now > state.due
        return state.timer is not None and now > state.due + _LEEWAY

    def start(self, delay: float = 0.0) -> None:
        """Begin, in ``delay`` seconds. Pokes that came before are not lost. May be called once."""
        self._delay = delay
        self._receive(Input.START)

    def poke(self) -> None:
        """Something is new: run now, or once more when the work in hand has ended.

        It cuts a pause short, but for its first ``backoff.base`` seconds, so that no stream of
        pokes hammers on what is down.
        """
        self._receive(Input.POKE)

    def nudge(self) -> None:
        """Look again, if there is nothing better to do: runs a loop that waits, and nothing else.

        For what comes again by itself, as the tick of a poller. It does not touch a pause.
        """
        self._receive(Input.NUDGE)

    def stop(self) -> Deferred[None]:
        """Begin nothing more. Fires when the work in hand has ended; may be called again."""
        self._receive(Input.STOP)
        if self.phase is Phase.STOPPED:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._state.stopped.append(stopped)
        return stopped

    def _receive(self, what: Input) -> None:
        _TRANSITIONS[self.phase, what](self)

    def _ignore(self) -> None:
        pass

    def _begin(self) -> None:
        self._wait_for(0 if self._state.poked else None if self.interval is None else self._delay)

    def _remember(self) -> None:
        self._state.poked = True

    def _run_now(self) -> None:
        if not self._state.poked:  # else it is due already
            self._state.poked = True
            self._wait_for(0)

    def _run_soon(self) -> None:
        if not self._state.poked:
            self._state.poked = True
            self._pause_for(max(0.0, self._state.earliest - self._clock.seconds()))

    def _settle(self) -> None:
        self._state.disruptions = 0
        self._wait_for(0 if self._state.poked else self._next())

    def _back_off(self) -> None:
        state = self._state
        state.disruptions += 1
        state.earliest = self._clock.seconds() + self._backoff.base
        pause = self._backoff.pause(state.disruptions, self._random())
        self._pause_for(self._backoff.base if state.poked else pause)

    def _next(self) -> float | None:
        return None if self.interval is None else self.interval * (1 - _JITTER * self._random())

    def _wait_for(self, seconds: float | None) -> None:
        self._set_timer(seconds)
        self._state.phase = Phase.WAITING

    def _pause_for(self, seconds: float) -> None:
        self._set_timer(seconds)
        self._state.phase = Phase.PAUSING

    def _set_timer(self, seconds: float | None) -> None:
        if self._state.timer is not None:
            self._state.timer.cancel()
        self._state.timer = None
        if seconds is not None:
            self._state.timer = self._clock.callLater(seconds, self._receive, Input.TIMER)
            self._state.due = self._clock.seconds() + seconds

    def _run(self) -> None:
        self._state.timer = None  # it has just fired
        self._state.poked = False
        self._state.phase = Phase.RUNNING
        self._state.due = self._clock.seconds() + (self._patience or 0.0)
        done: Deferred[Input] = maybeDeferred(self._work).addCallback(lambda _: Input.SUCCEEDED)
        done.addErrback(self._failure).addErrback(self._bug).addCallback(self._receive)

    def _failure(self, failure: Failure) -> Input:
        error = failure.value
        if not isinstance(error, MainsqlError):
            failure.raiseException()
        self._report(error)
        return Input.DISRUPTED if error.retry is Retry.LATER else Input.FAILED

    def _bug(self, failure: Failure) -> Input:
        """The only place that catches everything: the loop must outlive what nobody thought of."""
        self._log.critical("bug", "a bug in mainsql; it goes on, please report this", failure)
        return Input.DISRUPTED

    def _finish_then_stop(self) -> None:
        self._state.phase = Phase.STOPPING

    def _end(self) -> None:
        self._set_timer(None)
        self._state.phase = Phase.STOPPED
        stopped, self._state.stopped = self._state.stopped, []
        for waiter in stopped:
            waiter.callback(None)


_TRANSITIONS: Mapping[tuple[Phase, Input], Callable[[Loop], None]] = {
    (Phase.NEW, Input.START): Loop._begin,
    (Phase.NEW, Input.POKE): Loop._remember,
    (Phase.NEW, Input.NUDGE): Loop._ignore,
    (Phase.NEW, Input.STOP): Loop._end,
    #
    (Phase.WAITING, Input.POKE): Loop._run_now,
    (Phase.WAITING, Input.NUDGE): Loop._run_now,
    (Phase.WAITING, Input.TIMER): Loop._run,
    (Phase.WAITING, Input.STOP): Loop._end,
    #
    (Phase.PAUSING, Input.POKE): Loop._run_soon,
    (Phase.PAUSING, Input.NUDGE): Loop._ignore,
    (Phase.PAUSING, Input.TIMER): Loop._run,
    (Phase.PAUSING, Input.STOP): Loop._end,
    #
    (Phase.RUNNING, Input.POKE): Loop._remember,
    (Phase.RUNNING, Input.NUDGE): Loop._ignore,
    (Phase.RUNNING, Input.SUCCEEDED): Loop._settle,
    (Phase.RUNNING, Input.FAILED): Loop._settle,
    (Phase.RUNNING, Input.DISRUPTED): Loop._back_off,
    (Phase.RUNNING, Input.STOP): Loop._finish_then_stop,
    #
    (Phase.STOPPING, Input.POKE): Loop._ignore,
    (Phase.STOPPING, Input.NUDGE): Loop._ignore,
    (Phase.STOPPING, Input.SUCCEEDED): Loop._end,
    (Phase.STOPPING, Input.FAILED): Loop._end,
    (Phase.STOPPING, Input.DISRUPTED): Loop._end,
    (Phase.STOPPING, Input.STOP): Loop._ignore,
    #
    (Phase.STOPPED, Input.START): Loop._ignore,
    (Phase.STOPPED, Input.POKE): Loop._ignore,
    (Phase.STOPPED, Input.NUDGE): Loop._ignore,
    (Phase.STOPPED, Input.STOP): Loop._ignore,
}
