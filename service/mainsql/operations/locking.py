"""The lock that makes one deploy at a time."""

from mainsql import __version__ as RELEASE
from mainsql.database import ledger
from mainsql.database.holding import lock_holder
from mainsql.database.session import Session
from mainsql.errors import Locked
from mainsql.model import Plan
from mainsql.operations.target import Target


def take_lock(session: Session, target: Target) -> None:
    """Begins a transaction that holds the lock of the target's tree. Raises Locked.

    It never waits inside the transaction: an old snapshot would hold up CREATE INDEX CONCURRENTLY. Raises
    DatabaseUnavailable where nothing can be written now.
    """
    session.begin(lock_timeout=target.limits.lock_timeout)
    if not session.try_lock(target.lock_key):
        error = held_elsewhere(session, target)
        session.rollback()
        raise error


def held_elsewhere(session: Session, target: Target) -> Locked:
    """The error that says who has the lock of the target's tree."""
    holder = lock_holder(session, target.lock_key) or "it has just finished"
    return Locked(
        f"somebody else is deploying to {target.label} now: {holder}",
        hint="wait until it is done; the lock goes with that session's transaction",
    )


def ledger_plan(session: Session, target: Target) -> Plan | None:
    """What installs or upgrades the ledger, under a lock of its own: trees share it. Raises Locked."""
    if ledger.upgrade(session, RELEASE) is None:
        return None
    if not session.try_lock(f"mainsql/{ledger.OWN_TREE}"):
        raise Locked(f"somebody else is installing the ledger in the database of {target.label} now")
    return ledger.upgrade(session, RELEASE)
