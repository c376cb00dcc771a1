"""What a pooler such as PgBouncer does not let work: whatever outlives a transaction.

It gives the server's process to others after each transaction (pool_mode = transaction), and answers new
connections itself, with a process id of its own making: by that it is known. In its other mode, that of
sessions, all would work, but nothing tells the two apart.
"""

from mainsql.database.session import Session
from mainsql.errors import Refused

NO_DUMP = "it would have to be read with pg_dump, which does not work through a pooler"


def refuse_pooler(session: Session, what: str) -> None:
    """Raises Refused where a pooler is between here and the server; ``what`` does not work with one.

    For what needs its session beyond a transaction: session locks, SET for more than one statement,
    statements that cannot be in a transaction. Raises DatabaseUnavailable.
    """
    session.ask_pid()
    if session.pooled:
        raise Refused(
            f"{what} does not work through a pooler, and there is one before database {session.database}",
            hint="name the server itself in the target's connection string",
        )
