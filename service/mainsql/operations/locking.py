"""The lock that makes one deploy at a time."""

from mainsql.database.holding import lock_holder
from mainsql.database.session import Session
from mainsql.errors import Locked
from mainsql.operations.target import Target


def take_lock(session: Session, target: Target) -> None:
    """Begins a transaction that holds the lock of the target's tree. Raises Locked.

    It never waits inside the transaction: an old snapshot would hold up CREATE INDEX CONCURRENTLY. Raises
    DatabaseUnavailable where nothing can be written now.
    """
    session.begin(lock_timeout=target.limits.lock_timeout)
    if not session.try_lock(target.lock_key):
        holder = lock_holder(session, target.lock_key) or "it has just finished"
        session.rollback()
        raise Locked(
            f"somebody else is deploying to {target.label} now: {holder}",
            hint="wait until it is done; the lock goes with that session's transaction",
        )
