"""Parts of a transaction that are taken back, whatever came of them."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

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
def attempted(session: Session) -> Iterator[None]:
    """While it is open, in a transaction, what fails is taken back alone. Raises DatabaseError."""
    session.query("SAVEPOINT mainsql_attempt")
    try:
        yield
    except BaseException:
        with contextlib.suppress(DatabaseError):
            session.query("ROLLBACK TO SAVEPOINT mainsql_attempt")
            session.query("RELEASE SAVEPOINT mainsql_attempt")
        raise
    session.query("RELEASE SAVEPOINT mainsql_attempt")


@contextlib.contextmanager
def set_aside(session: Session, settings: Mapping[str, str]) -> Iterator[None]:
    """While it is open, the session is the role that it connected as, under these settings.

    What it writes stays, and what a script has SET is as it was in the end. Raises DatabaseError.
    """
    names = ["session_authorization", "role", *settings]
    [before] = session.query(
        "select array(select pg_catalog.current_setting(n) from unnest(%s::text[]) with ordinality u (n, o) "
        "order by o)",
        (names,),
    )
    session.query("SET LOCAL SESSION AUTHORIZATION DEFAULT")
    session.query("SET LOCAL ROLE NONE")
    _configure(session, settings.items())
    yield
    _configure(session, zip(names, before[0], strict=True))


def _configure(session: Session, settings: Iterable[tuple[str, str]]) -> None:
    for name, value in settings:
        session.query("select pg_catalog.set_config(%s, %s, true)", (name, value))


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
