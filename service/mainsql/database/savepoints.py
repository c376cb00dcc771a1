"""Parts of a transaction that are taken back, whatever came of them."""

import contextlib
from collections.abc import Iterator

from mainsql.database.session import Session
from mainsql.errors import DatabaseError


@contextlib.contextmanager
def on_trial(session: Session) -> Iterator[None]:
    """While it is open, in a transaction, all is done on trial, and taken back at the end.

    Raises DatabaseError.
    """
    session.query("SAVEPOINT mainsql_trial")
    try:
        yield
    finally:
        # Where the connection is lost, all of it is.
        with contextlib.suppress(DatabaseError):
            session.query("ROLLBACK TO SAVEPOINT mainsql_trial")
            session.query("RELEASE SAVEPOINT mainsql_trial")


@contextlib.contextmanager
def as_itself(session: Session) -> Iterator[None]:
    """While it is open, the session is the role that it connected as, and has no time limit.

    What a script has SET is as it was at the end. Raises DatabaseError.
    """
    with on_trial(session):
        session.query("SET LOCAL SESSION AUTHORIZATION DEFAULT")
        session.query("SET LOCAL ROLE NONE")
        session.query("SET LOCAL statement_timeout = 0")
        yield
