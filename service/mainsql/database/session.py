"""One connection to a target: transactions, the lock, statements with their places, cancelling."""

import contextlib
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import psycopg2
import psycopg2.extensions
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS
from psycopg2.extras import execute_values
from psycopg2.sql import SQL, Composable, Identifier

from mainsql.database import stages
from mainsql.database.batches import join
from mainsql.database.blockers import Blockers
from mainsql.database.copied_rows import Cell, CopiedRows
from mainsql.database.copies import Nowhere, opened
from mainsql.database.failures import (
    cannot_write,
    ledger_failed,
    lost_at_statement,
    statement_failed,
)
from mainsql.database.last_words import last_words
from mainsql.database.opening import opened_connection
from mainsql.errors import (
    Cancelled,
    ConnectionLost,
    DatabaseError,
    SessionEnded,
    StatementError,
)
from mainsql.model import Note, Statement, Tree
from mainsql.script.running import Rows

Row = tuple[Any, ...]

_COPY_BUFFER = 64 * 1024
"""Bytes. libpq's messages get as long. With longer ones, of which a socket holds less than two, the server
has to wait for each."""


_OPENING = """
select pg_try_advisory_xact_lock(hashtextextended(%s, 0)), pg_backend_pid(), pg_is_in_recovery(),
       current_setting('transaction_read_only')::boolean
"""


class Interrupt:
    """A wish to stop that another thread can utter, and the connection to cancel with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requested = threading.Event()
        self._hurried = threading.Event()
        self._connection: psycopg2.extensions.connection | None = None

    @property
    def requested(self) -> bool:
        """Whether somebody wants it to stop."""
        return self._requested.is_set()

    def request(self) -> None:
        """Asks to stop: the statement that runs now is cancelled, and no other begins."""
        self._requested.set()
        self._hurried.set()
        with self._lock:
            if self._connection is not None and not self._connection.closed:
                self._connection.cancel()

    def wait(self, seconds: float) -> bool:
        """Waits that long, or until somebody wants it to stop; whether somebody does."""
        return self._requested.wait(seconds)

    def hurry(self) -> None:
        """Asks not to wait for anything; what is in hand goes on."""
        self._hurried.set()

    def idle(self, seconds: float) -> bool:
        """As ``wait``, for what has nothing in hand: also until somebody wants it to hurry."""
        return self._hurried.wait(seconds)

    def attach(self, connection: psycopg2.extensions.connection | None) -> None:
        """Says which connection ``request`` cancels."""
        with self._lock:
            self._connection = connection


class Session:
    """One connection. Use it as a context manager; an open transaction is rolled back at the end."""

    def __init__(self, dsn: str, *, application_name: str, interrupt: Interrupt | None = None) -> None:
        """Connects. Raises DatabaseUnavailable."""
        self.interrupt = interrupt or Interrupt()
        self.notes: list[Note] = []
        self._dsn = dsn
        self._name = application_name
        self._blockers: Blockers | None = None
        self._connection = opened_connection(dsn, application_name)
        self._connection.autocommit = True
        # Not a list: psycopg2 would keep only the last fifty.
        self._messages: deque[str] = deque()
        self._connection.notices = cast(list[str], self._messages)
        self.pid = int(self._connection.info.backend_pid)
        """The server's process for this session; behind a pooler, for the transaction, once it was asked."""
        self.interrupt.attach(self._connection)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.interrupt.attach(None)
        self._watch_blockers(0)
        self._connection.close()

    @property
    def database(self) -> str:
        """The name of the database."""
        return str(self._connection.info.dbname)

    @property
    def user(self) -> str:
        """The role that it connected as."""
        return str(self._connection.info.user)

    @property
    def server_major(self) -> int:
        """The major version of the server."""
        return int(self._connection.info.server_version) // 10000

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, be it a failed one."""
        return bool(self._connection.info.transaction_status != TRANSACTION_STATUS_IDLE)

    @property
    def lost(self) -> bool:
        """Whether there is no connection any more."""
        return bool(self._connection.closed)

    @property
    def pooled(self) -> bool:
        """Whether a pooler is in between: the server's process is another than answered at first.

        Known once ``try_lock`` or ``ask_pid`` was called.
        """
        return self.pid != int(self._connection.info.backend_pid)

    def begin(self, *, lock_timeout: float | None = None) -> None:
        """Begins a transaction, READ COMMITTED whatever the database's default is.

        With ``lock_timeout`` (seconds; 0 is none) it is for mainsql's own statements, see ``own_stage``, and
        until it ends a lock that is not had in time is an error that names who held it.
        """
        self.query("BEGIN ISOLATION LEVEL READ COMMITTED")
        if lock_timeout is not None:
            self.own_stage(lock_timeout)
            self._watch_blockers(lock_timeout)

    def commit(self) -> None:
        """Commits. Raises DatabaseUnavailable when the connection is lost on the way: ask the ledger."""
        if self.pooled:
            self._leave_nothing()
        try:
            self.query("COMMIT")
        except SessionEnded as error:  # be it before or after, the ledger tells
            raise ConnectionLost(error.message) from None
        self._watch_blockers(0)

    def rollback(self) -> None:
        """Rolls back, if there is something to roll back and still a connection to do it on."""
        self._watch_blockers(0)
        if not self.in_transaction:
            return  # the server would warn, and that would pass for a note of the script that is next
        with contextlib.suppress(DatabaseError):
            self.query("ROLLBACK")

    @contextlib.contextmanager
    def watching_blockers(self, lock_timeout: float) -> Iterator[None]:
        """As ``begin`` does in a transaction, outside of one: a lock timeout names who held the lock."""
        self._watch_blockers(lock_timeout)
        try:
            yield
        finally:
            self._watch_blockers(0)

    def _watch_blockers(self, lock_timeout: float) -> None:
        if self._blockers is not None:
            self._blockers.stop()
        self._blockers = Blockers(self._dsn, lambda: self.pid, lock_timeout) if lock_timeout else None

    def _leave_nothing(self) -> None:
        """The server's process goes to others now: nothing that a script left in it may stay."""
        self.query(stages.for_others())
        for (name,) in self.query(stages.PREPARED):
            self.query(SQL("DEALLOCATE {}").format(Identifier(name)))

    @contextlib.contextmanager
    def transaction(self, *, lock_timeout: float | None = None) -> Iterator[None]:
        """A transaction as of ``begin``: committed at the end, and rolled back when anything is raised."""
        self.begin(lock_timeout=lock_timeout)
        try:
            yield
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def query(self, sql: str | Composable, parameters: Sequence[Any] | None = None) -> list[Row]:
        """Runs one of mainsql's own statements; all its rows. Raises DatabaseError."""
        with self._own_statement() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def write(self, sql: Composable, doing: str) -> int:
        """Runs one of mainsql's own statements on tables of users; how many rows it wrote.

        Raises StatementError without a place, which says that it was ``doing`` that.
        """
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                return int(cursor.rowcount)
        except psycopg2.Error as error:
            raise self._translate(error, (), [], None, doing) from None

    def insert_rows(self, sql: str, rows: Iterable[Row]) -> None:
        """Runs one of mainsql's own INSERTs (``… values %s``) with many rows. Raises DatabaseError.

        They are asked for as they are sent, so that there need not be a list of them.
        """
        with self._own_statement() as cursor:
            execute_values(cursor, sql, rows, page_size=500)

    def copy_rows(self, sql: str, rows: Iterable[Sequence[Cell]]) -> None:
        """Runs one of mainsql's own COPYs (``… from stdin``) with rows of any size. Raises DatabaseError."""
        with self._own_statement() as cursor:
            cursor.copy_expert(sql, CopiedRows(rows), _COPY_BUFFER)

    @contextlib.contextmanager
    def _own_statement(self) -> Iterator[psycopg2.extensions.cursor]:
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            if self.interrupt.requested and error.pgcode == "57014":
                raise Cancelled("cancelled") from None
            gone = self._connection.closed or not error.pgcode
            lost = last_words(self._connection, error) if gone else None
            raise ledger_failed(error, lost=lost, blockers=self._blockers) from None

    def try_lock(self, key: str) -> bool:
        """Tries to take the transaction's advisory lock for ``key``; never waits.

        Raises DatabaseUnavailable where nothing can be written now: on a standby, say.
        """
        ((locked, pid, standby, read_only),) = self.query(_OPENING, (key,))
        self.pid = int(pid)
        if standby or read_only:
            raise cannot_write(self.database, standby=standby)
        return bool(locked)

    def ask_pid(self) -> None:
        """Asks for the server's process. Raises DatabaseUnavailable."""
        ((pid,),) = self.query("select pg_catalog.pg_backend_pid()")
        self.pid = int(pid)

    def is_standby(self) -> bool:
        """Whether the server is a standby, which is only read from. Raises DatabaseUnavailable."""
        return bool(self.query("select pg_catalog.pg_is_in_recovery()")[0][0])

    def set_timeouts(self, *, lock: float, statement: float) -> None:
        """Sets both time limits (seconds; 0: none) for the rest of the transaction."""
        self.query(
            "select pg_catalog.set_config('lock_timeout', %s, true), "
            "pg_catalog.set_config('statement_timeout', %s, true)",
            (f"{round(lock * 1000)}ms", f"{round(statement * 1000)}ms"),
        )

    def reset_stage(self) -> None:
        """Takes back what scripts SET, for the next script: role, settings, search_path."""
        self.query(stages.for_scripts(self._name, local=self.in_transaction))

    def own_stage(self, lock_timeout: float) -> None:
        """As ``reset_stage``, for mainsql's own statements: names mean what the server means by them."""
        self.query(stages.for_mainsql(self._name, lock_timeout))

    def transaction_id(self) -> int:
        """The id of the current transaction; it gets one if it has none."""
        return int(self.query("select pg_catalog.pg_current_xact_id()::text")[0][0])

    def variables(self) -> dict[str, str]:
        """The variables that psql sets of itself when it has connected, as far as scripts may ask."""
        info = self._connection.info
        return {
            "DBNAME": self.database,
            "USER": self.user,
            "SERVER_VERSION_NAME": str(info.parameter_status("server_version")),
            "SERVER_VERSION_NUM": str(info.server_version),
        }

    def run(self, batch: Sequence[Statement], tree: Tree | None = None) -> int:
        """Runs statements of a script, several as one message. ``tree`` gives the line for the report.

        How many rows the last of them returned or changed; -1 where that means nothing. Raises
        StatementError with the place, or as ``vague`` where the server does not tell which statement
        of several it was; Cancelled when it was interrupted; ConnectionLost.
        """
        first = batch[0]
        text, offsets = join(batch) if len(batch) > 1 else (first.text, [0])
        with self._script_statement(batch, offsets, tree) as cursor:
            if first.copy_data is not None:
                with opened(first.copy_data) as rows:
                    cursor.copy_expert(text, rows, _COPY_BUFFER)
            elif first.copies_out:
                cursor.copy_expert(text, Nowhere())
            else:
                cursor.execute(text)
            return cursor.rowcount

    def run_alone(self, statement: Statement, tree: Tree | None = None) -> None:
        """Runs one statement of a script outside any transaction. Raises as ``run`` does."""
        with self._script_statement([statement], [0], tree, outside=True) as cursor:
            cursor.execute(statement.text)

    def fetch(self, statement: Statement, tree: Tree | None = None) -> Rows | None:
        """Runs one statement of a script; its rows, None where it returns none. Raises as ``run`` does."""
        with self._script_statement([statement], [0], tree) as cursor:
            # Values as the server writes them, whatever their types.
            cursor.string_types = dict.fromkeys(psycopg2.extensions.string_types, psycopg2.extensions.UNICODE)
            cursor.execute(statement.text)
            if cursor.description is None:
                return None
            return Rows(tuple(column.name for column in cursor.description), cursor.fetchall())

    @contextlib.contextmanager
    def reading_only(self) -> Iterator[None]:
        """While it is open, nothing can be written. Raises DatabaseError."""
        self.query("SAVEPOINT mainsql_reading")
        # What a subtransaction sets of this ends with it, however it ends.
        self.query("SET TRANSACTION READ ONLY")
        yield
        self.query("RELEASE SAVEPOINT mainsql_reading")

    @contextlib.contextmanager
    def _script_statement(
        self, batch: Sequence[Statement], offsets: Sequence[int], tree: Tree | None, *, outside: bool = False
    ) -> Iterator[psycopg2.extensions.cursor]:
        if self.interrupt.requested:
            raise Cancelled("cancelled")
        first = batch[0]
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            raise self._translate(error, batch, offsets, tree) from None
        finally:
            self._collect_notes(batch)
        expected = TRANSACTION_STATUS_IDLE if outside else TRANSACTION_STATUS_INTRANS
        if self._connection.info.transaction_status != expected:
            raise DatabaseError(
                f"{first.place}: the statement ended the transaction: what ran before it may have stayed",
                hint="compare the database with `mainsql plan`, and take the statement out of the tree",
            )
        if self._connection.info.parameter_status("client_encoding") != "UTF8":
            self.query("SET LOCAL client_encoding TO 'UTF8'")
            self.notes.append(Note(first.place, "client_encoding stays UTF8, in which scripts are sent"))

    def settle_constraints(self) -> None:
        """Checks all deferred constraints now. Raises StatementError without a place."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg2.Error as error:
            doing = "checking deferred constraints at the end"
            raise self._translate(error, (), [], None, doing) from None

    def _translate(
        self,
        error: psycopg2.Error,
        batch: Sequence[Statement],
        offsets: Sequence[int],
        tree: Tree | None,
        doing: str = "",
    ) -> ConnectionLost | Cancelled | StatementError:
        place = batch[0].place if batch else None
        if self._connection.closed or not error.pgcode:
            return lost_at_statement(last_words(self._connection, error), place, tree)
        if self.interrupt.requested and error.pgcode == "57014":
            return Cancelled("cancelled" + (f" at {place}" if place else ""))
        return statement_failed(error, batch, offsets, tree, doing=doing, blockers=self._blockers)

    def _collect_notes(self, batch: Sequence[Statement]) -> None:
        first, last = batch[0].place, batch[-1].place
        # Which of the statements that were sent together said it, the server does not tell.
        where = f" (here, or up to {last.path}:{last.line})" if len(batch) > 1 else ""
        self.notes.extend(Note(first, " ".join(text.split()) + where) for text in self._messages)
        self._messages.clear()
