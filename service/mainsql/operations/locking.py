"""The lock that makes one deploy at a time, and what to do when it is not known how one ended."""

from mainsql.database import ledger
from mainsql.database.session import Interrupt, Session
from mainsql.errors import Cancelled, Locked, MainsqlError
from mainsql.model import History
from mainsql.operations.target import Target

_PAUSE = 0.2


def take_lock(session: Session, target: Target) -> None:
    """Begins a transaction that holds the lock of the target's tree. Raises Locked.

    It never waits inside the transaction: an old snapshot would hold up CREATE INDEX CONCURRENTLY.
    """
    session.begin()
    if not session.try_lock(target.lock_key):
        error = held_elsewhere(session, target)
        session.rollback()
        raise error


def held_elsewhere(session: Session, target: Target) -> Locked:
    """The error that says who has the lock of the target's tree."""
    holder = session.lock_holder(target.lock_key) or "it has just finished"
    return Locked(
        f"somebody else is deploying to {target.label} now: {holder}",
        hint="wait until it is done; the lock goes with that session's transaction",
    )


def settled_history(target: Target, interrupt: Interrupt) -> History:
    """The ledger after a connection was lost at COMMIT, once the server knows how that ended.

    The lost session holds the lock until then. Raises DatabaseUnavailable or Cancelled when the
    server cannot be asked now; their outcome says that it is not known.
    """
    try:
        with target.connect(interrupt) as session:
            while True:
                try:
                    take_lock(session, target)
                except Locked:
                    if interrupt.wait(_PAUSE):
                        raise Cancelled("cancelled while finding out what became of COMMIT") from None
                else:
                    history = ledger.read_history(session, target.tree)
                    session.rollback()
                    return history
    except MainsqlError as error:
        error.outcome = (
            f"The connection was lost at COMMIT: it is not known yet whether {target.label} was changed. "
            "Its ledger knows: see `mainsql status` once it can be reached."
        )
        raise
