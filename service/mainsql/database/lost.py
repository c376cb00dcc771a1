"""A session whose connection was lost: what the server knows of its transaction."""

from dataclasses import dataclass

from mainsql.database.session import Session
from mainsql.errors import DatabaseError, DatabaseUnavailable


@dataclass(frozen=True, slots=True)
class Lost:
    """The transaction, and the server's process that had it."""

    transaction_id: int
    pid: int


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
    """Ends the lost session where it waits for its client in the transaction; whether it did.

    Never one that does something: it may be the COMMIT, which waits for a standby. Raises DatabaseError.
    """
    return bool(
        session.query(
            """
            select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
            where pid = %s and backend_xid = %s::text::xid8::xid and state like 'idle in transaction%%'
            """,
            (lost.pid, str(lost.transaction_id)),
        )
    )
