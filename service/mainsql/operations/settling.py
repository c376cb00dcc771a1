"""What became of a transaction whose connection was lost at COMMIT: the ledger tells, or the server."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from mainsql.database import ledger
from mainsql.database.lost import Lost, end_if_idle, status
from mainsql.database.session import Interrupt, Session
from mainsql.errors import Cancelled, ConnectionLost, DatabaseError, DatabaseUnavailable, Locked
from mainsql.model import Commit, History
from mainsql.operations.locking import take_lock
from mainsql.operations.target import Target

_PAUSE = 0.2
_GRACE = 2.0
"""Seconds for a COMMIT that is still on its way to a session that waits for it."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    committed: bool
    by: str


def settle(
    target: Target,
    lost: Lost,
    interrupt: Interrupt,
    committed: Callable[[History], bool],
    told: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Finds out whether the transaction of a lost connection went through; returns when it did.

    ``committed`` reads that from the ledger. The lost session holds the lock until it has ended, and is
    ended where it only waits for a COMMIT that never comes, or for nothing any more. Where the ledger
    cannot be had, the server is asked for the transaction. ``told`` is told which it was.

    Raises ConnectionLost when it did not go through: nothing was changed. Raises DatabaseUnavailable when
    the server could not be asked for as long as the target is tried again, or Cancelled; their outcome says
    that it is not known.
    """
    asking = _Asking(target, lost, interrupt, committed, told, clock)
    while True:
        try:
            with target.connect(interrupt) as session:
                found = asking.on(session)
                if lost.holds_on_since is not None:
                    end_if_idle(session, lost)
            break
        except DatabaseUnavailable as error:
            if asking.is_over:
                raise _unknown(error, target) from None
        if interrupt.wait(_PAUSE):
            raise _unknown(_cancelled(), target)
    if not found.committed:
        raise ConnectionLost(f"the connection was lost at COMMIT; {found.by} that it was rolled back")
    told(f"the connection was lost at COMMIT; {found.by} that it went through")


def recorded(lost: Lost, commit: Commit) -> Callable[[History], bool]:
    """Whether a history has the version of this commit that the lost transaction made."""

    def found(history: History) -> bool:
        made = (lost.transaction_id, commit.id)
        return any((each.transaction_id, each.commit.id) == made for each in history.versions)

    return found


def settle_segment(
    target: Target,
    lost: Lost,
    interrupt: Interrupt,
    position: int,
    finished: bool,
    told: Callable[[str], None],
) -> ConnectionLost:
    """As ``settle``, in the middle of a row of segments; the error after which the next try goes on.

    The transaction was to write down that the segment at this position was begun or ``finished``.
    """

    def committed(history: History) -> bool:
        if history.progress is None:
            return False
        found = history.progress.segments[position - 1]
        return found.finished or (found.in_doubt and not finished)

    settle(target, lost, interrupt, committed, told)
    return ConnectionLost(f"the connection was lost at COMMIT of segment {position}, which went through")


class _Asking:
    def __init__(
        self,
        target: Target,
        lost: Lost,
        interrupt: Interrupt,
        committed: Callable[[History], bool],
        told: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._target = target
        self._lost = lost
        self._interrupt = interrupt
        self._committed = committed
        self._told = told
        self._clock = clock
        self._began = clock()

    @property
    def is_over(self) -> bool:
        """Whether it was asked for as long as the target is tried again."""
        return self._clock() - self._began >= self._target.limits.retry_for

    def on(self, session: Session) -> _Verdict:
        """What is known, as soon as it is. Raises DatabaseUnavailable, Cancelled."""
        while (found := _verdict(session, self._target, self._lost, self._committed)) is None:
            if self._clock() - self._began > _GRACE and end_if_idle(session, self._lost):
                self._told("the connection was lost at COMMIT, and COMMIT did not arrive: ended that session")
            if self.is_over:
                pid = self._lost.pid
                raise DatabaseUnavailable(
                    f"the connection was lost at COMMIT, and its session (pid {pid}) is still at work",
                    hint="see what it waits for in pg_stat_activity, or end it: "
                    f"select pg_terminate_backend({pid})",
                )
            if self._interrupt.wait(_PAUSE):
                raise _unknown(_cancelled(), self._target)
        return found


def _cancelled() -> Cancelled:
    return Cancelled("cancelled while finding out what became of COMMIT")


def _verdict(
    session: Session, target: Target, lost: Lost, committed: Callable[[History], bool]
) -> _Verdict | None:
    """What is known now; None while it is under way. Raises DatabaseUnavailable."""
    try:
        take_lock(session, target)
        return _Verdict(committed(ledger.read_versions(session, target.tree)), "the ledger says")
    except Locked:
        pass  # by the lost session, by who came after it, or the ledger by anybody
    except DatabaseUnavailable:
        raise
    except DatabaseError:
        pass  # the ledger is there but cannot be read
    finally:
        session.rollback()
    match status(session, lost):
        case "committed":
            return _Verdict(True, "the server says of its transaction")
        case "aborted":
            return _Verdict(False, "the server says of its transaction")
    return None


def _unknown(error: DatabaseUnavailable | Cancelled, target: Target) -> DatabaseUnavailable | Cancelled:
    error.outcome = (
        f"The connection was lost at COMMIT: it is not known yet whether {target.label} was changed. "
        "Its ledger knows: see `mainsql status` once it can be reached."
    )
    return error
