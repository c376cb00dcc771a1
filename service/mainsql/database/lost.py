"""A session whose connection was lost: what the server knows of its transaction."""

from dataclasses import dataclass
from datetime import datetime

from mainsql.database.session import Session
from mainsql.errors import DatabaseError, DatabaseUnavailable


@dataclass(frozen=True, slots=True)
class Lost:
    """The transaction, and the server's process that had it.

    ``holds_on_since`` is when that process began, where it holds the lock of the tree beyond the
    transaction: then it has to end, too.
    """

    transaction_id: int
    pid: int
    holds_on_since: datetime | None = None


def in_case(session: Session) -> Lost:
    """What has to be known if the COMMIT that follows is lost, of a session that holds on to the lock.

    Raises DatabaseError.
    """
    ((number, pid, since),) = session.query(
        """
        select pg_catalog.pg_current_xact_id()::text, pid, backend_start
        from pg_catalog.pg_stat_activity where pid = pg_catalog.pg_backend_pid()
        """
    )
    return Lost(int(number), pid, since)


def status(session: Session, lost: Lost) -> str | None:
    """``in progress``, ``committed`` or ``aborted``; None where the server does not know the transaction.

    That is so when it is very old, or after a failover to a server that never heard of it: PostgreSQL
    manual, "Transaction ID and Snapshot Information Functions". Raises DatabaseUnavailable.
    """
    query = "select pg_catalog.pg_xact_status(%s::text::xid8)"
    try:
        ((found,),) = session.query(query, (str(lost.transaction_id),))
    except DatabaseUnavailable:
        raise
    except DatabaseError:  # "transaction ID … is in the future"
        return None
    return None if found is None else str(found)


def end_if_idle(session: Session, lost: Lost) -> bool:
    """Ends the lost session where it waits for its client, in the transaction or after it; whether it did.

    Never one that does something: it may be the COMMIT, which waits for a standby. Raises DatabaseError.
    """
    return bool(
        session.query(
            """
            select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
            where pid = %s and (backend_xid = %s::text::xid8::xid and state like 'idle in transaction%%'
                                or backend_start = %s and state = 'idle')
            """,
            (lost.pid, str(lost.transaction_id), lost.holds_on_since),
        )
    )
