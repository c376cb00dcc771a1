"""Words that wake a daemon, and the connection on which it hears them: PostgreSQL's LISTEN and NOTIFY.

What an operator said is a row in the ledger, and a daemon looks there by itself from time to time. A
word only makes it look at once, so one that is lost costs time and nothing else.
"""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import psycopg2

from mainsql.database.session import Session
from mainsql.errors import ConnectionLost, DatabaseError

CHANNEL = "mainsql"

_NAME = "mainsql listens"


class Wake(StrEnum):
    """What a daemon is to do."""

    LOOK = "look"
    """Look at the ledger: somebody said or did something."""
    POKE = "poke"
    """Poll the repository, and then look at the ledger."""


@dataclass(frozen=True, slots=True)
class Word:
    """What is said, and about which tree of the database; None is about all of them."""

    wake: Wake
    tree: str | None = None

    @classmethod
    def of(cls, payload: str) -> "Word":
        """What a notification says. One that somebody sent by hand, with whatever in it, is a poke."""
        wake, _, tree = payload.partition(" ")
        try:
            return cls(Wake(wake), tree or None)
        except ValueError:
            return cls(Wake.POKE)

    def __str__(self) -> str:
        return f"{self.wake} {self.tree}" if self.tree else str(self.wake)


def say(session: Session, word: Word) -> None:
    """Wakes the daemons that listen to this database. Never raises: they find out by themselves later.

    To be called when what it is about is committed, so that a queue of notifications that is full
    (https://www.postgresql.org/docs/current/sql-notify.html) does not undo it.
    """
    with contextlib.suppress(DatabaseError):
        session.query("select pg_catalog.pg_notify(%s, %s)", (CHANNEL, str(word)))


def listeners(session: Session) -> int:
    """How many daemons listen to this database, of those that the session's role may see."""
    rows = session.query(
        "select count(*) from pg_catalog.pg_stat_activity "
        "where datname = pg_catalog.current_database() and application_name = %s",
        (_NAME,),
    )
    return int(rows[0][0])


class Deaf(DatabaseError):
    """No notification comes through to here."""


class Listening(Session):
    """A session that hears what is said. ``fileno`` is for whoever waits until there is something."""

    def __init__(self, dsn: str) -> None:
        """Connects and listens. Raises DatabaseUnavailable; Deaf where it would hear nothing."""
        super().__init__(dsn, application_name=_NAME)
        # One of its own: libpq closes its socket by itself when the connection is lost, and whoever
        # waits for it would find another file under its number.
        self._descriptor = os.dup(self._connection.fileno())
        try:
            self._listen()
        except BaseException:
            self.close()
            raise

    def _listen(self) -> None:
        # A pooler has process ids of its own. Behind one that shares its connections between
        # transactions, somebody else gets what is said; of one that does not, that cannot be told.
        if self.query("select pg_catalog.pg_backend_pid()") != [(self._connection.info.backend_pid,)]:
            raise Deaf("a connection pooler stands between, and notifications do not pass it")
        if self.query("select pg_catalog.pg_is_in_recovery()") == [(True,)]:
            raise Deaf("the server is a standby, where nobody can listen")
        self.reset_stage()  # whatever its role has: it is idle until somebody says something
        self.query(f"LISTEN {CHANNEL}")

    def fileno(self) -> int:
        """The socket's descriptor, which can be read when something was said, or the connection is lost."""
        return self._descriptor

    def heard(self) -> Sequence[Word]:
        """What was said since the last time. Does not wait. Raises ConnectionLost."""
        try:
            self._connection.poll()
        except psycopg2.Error as error:
            raise ConnectionLost(f"the connection to the database was lost: {str(error).strip()}") from None
        words = [Word.of(notification.payload) for notification in self._connection.notifies]
        self._connection.notifies.clear()
        return words

    def close(self) -> None:
        """Ends the connection. Called once."""
        self._connection.close()
        os.close(self._descriptor)
