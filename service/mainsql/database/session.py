"""One connection to a target: transactions, the lock, statements with their places, cancelling."""

import contextlib
import os
import shlex
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, BinaryIO

import psycopg2
import psycopg2.extensions
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS
from psycopg2.extras import execute_values
from psycopg2.sql import Composable

from mainsql.database.batches import join
from mainsql.database.blockers import Blockers
from mainsql.database.failures import connection_failed, ledger_failed, retry_for
from mainsql.errors import (
    Cancelled,
    ConnectionLost,
    DatabaseError,
    DatabaseUnavailable,
    Retry,
    StatementError,
)
from mainsql.model import Note, Statement, Stored, Tree
from mainsql.script.hints import hint_for
from mainsql.script.running import Rows

Row = tuple[Any, ...]

_COPY_BUFFER = 64 * 1024
"""Bytes. libpq's messages get as long. With longer ones, of which a socket holds less than two, the server
has to wait for each."""

_CONNECT_TIMEOUT = 10
"""Seconds, where neither the connection string nor the environment says."""


class Interrupt:
    """A wish to stop that another thread can utter, and the connection to cancel with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requested = threading.Event()
        self._connection: psycopg2.extensions.connection | None = None

    @property
    def requested(self) -> bool:
        """Whether somebody wants it to stop."""
        return self._requested.is_set()

    def request(self) -> None:
        """Asks to stop: the statement that runs now is cancelled, and no other begins."""
        self._requested.set()
        with self._lock:
            if self._connection is not None and not self._connection.closed:
                self._connection.cancel()

    def wait(self, seconds: float) -> bool:
        """Waits that long, or until somebody wants it to stop; whether somebody does."""
        return self._requested.wait(seconds)

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
        parameters = connection_parameters(dsn)
        # A name longer than an identifier would be cut with a warning.
        settings: dict[str, Any] = {"application_name": application_name[:63], "client_encoding": "UTF8"}
        if "connect_timeout" not in parameters and "PGCONNECT_TIMEOUT" not in os.environ:
            settings["connect_timeout"] = _CONNECT_TIMEOUT
        self._dsn = dsn
        self._blockers: Blockers | None = None
        try:
            self._connection = psycopg2.connect(dsn, **settings)
        except psycopg2.OperationalError as error:
            raise connection_failed(error, parameters) from None
        except UnicodeDecodeError:
            # A server that is not set to English says why in an encoding that is not known yet.
            raise DatabaseUnavailable(
                f"cannot connect to database {parameters.get('dbname', '')}",
                hint="the server's own log says why",
            ) from None
        self._connection.autocommit = True
        # Not a list: psycopg2 would keep only the last fifty.
        self._messages: deque[str] = deque()
        self._connection.notices = self._messages
        self.interrupt.attach(self._connection)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.interrupt.attach(None)
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

    def begin(self) -> None:
        """Begins a transaction, READ COMMITTED whatever the database's default is."""
        self.query("BEGIN ISOLATION LEVEL READ COMMITTED")

    def commit(self) -> None:
        """Commits. Raises DatabaseUnavailable when the connection is lost on the way: ask the ledger."""
        self.query("COMMIT")

    def rollback(self) -> None:
        """Rolls back, if there is something to roll back and still a connection to do it on."""
        if not self.in_transaction:
            return  # the server would warn, and that would pass for a note of the script that is next
        with contextlib.suppress(DatabaseError):
            self.query("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction that is committed at the end, and rolled back when anything is raised."""
        self.begin()
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

    def insert_rows(self, sql: str, rows: Sequence[Row]) -> None:
        """Runs one of mainsql's own INSERTs (``… values %s``) with many rows. Raises DatabaseError."""
        with self._own_statement() as cursor:
            execute_values(cursor, sql, rows, page_size=500)

    @contextlib.contextmanager
    def _own_statement(self) -> Iterator[psycopg2.extensions.cursor]:
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            if self.interrupt.requested and error.pgcode == "57014":
                raise Cancelled("cancelled") from None
            raise ledger_failed(error, lost=bool(self._connection.closed)) from None

    def try_lock(self, key: str) -> bool:
        """Tries to take the transaction's advisory lock for ``key``; never waits."""
        return bool(self.query("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (key,))[0][0])

    def lock_holder(self, key: str) -> str | None:
        """Who holds the advisory lock for ``key``, for people: pid, user, application, since when."""
        rows = self.query(
            """
            select format('pid %%s, %%s, %%s, since %%s', a.pid, a.usename,
                          coalesce(nullif(a.application_name, ''), 'no application name'),
                          to_char(coalesce(a.xact_start, a.state_change), 'YYYY-MM-DD HH24:MI:SS TZ'))
            from pg_locks l join pg_stat_activity a using (pid),
                 hashtextextended(%s, 0) k
            where l.locktype = 'advisory' and l.granted and l.objsubid = 1
              and l.database = (select oid from pg_database where datname = current_database())
              and (l.classid::bigint << 32 | l.objid::bigint) = k
            """,
            (key,),
        )
        return str(rows[0][0]) if rows else None

    @contextlib.contextmanager
    def watching_blockers(self, lock_timeout: float) -> Iterator[None]:
        """While it is open, a lock timeout names who held the lock. Nothing without a time limit."""
        if not lock_timeout:
            yield
            return
        with Blockers(self._dsn, self._connection.info.backend_pid, lock_timeout) as self._blockers:
            yield

    def set_timeouts(self, *, lock: float, statement: float) -> None:
        """Sets both time limits (seconds; 0: none) for the rest of the transaction."""
        self.query(
            "select set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
            (f"{round(lock * 1000)}ms", f"{round(statement * 1000)}ms"),
        )

    def reset_stage(self) -> None:
        """Takes back what scripts SET: role, settings, search_path. Ends deferral of constraints."""
        self.query("RESET SESSION AUTHORIZATION")
        self.query("RESET ROLE")
        self.query("RESET ALL")
        # As psycopg2 has it when it connects: it reads times in no other way.
        self.query("SET DateStyle TO ISO")

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
                with _rows(first.copy_data) as rows:
                    cursor.copy_expert(text, rows, _COPY_BUFFER)
            elif first.copies_out:
                cursor.copy_expert(text, _Nowhere())
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
        diagnosis = error.diag
        sqlstate = error.pgcode or ""
        message = (diagnosis.message_primary or str(error)).strip()
        place = batch[0].place if batch else None
        if self._connection.closed or not sqlstate:
            at = f" at {place}" if place else ""
            return ConnectionLost(f"the connection to the database was lost{at}: {message}")
        if self.interrupt.requested and sqlstate == "57014":
            return Cancelled("cancelled" + (f" at {place}" if place else ""))
        blocked_by = self._blockers.seen if self._blockers and sqlstate == "55P03" else None
        position = int(diagnosis.statement_position or 0)
        if batch and position:
            index = bisect_right(offsets, position - 1) - 1
            place = batch[index].locate(position - offsets[index])
        return StatementError(
            f"{doing}: {message}" if doing else message,
            sqlstate=sqlstate,
            place=place,
            line=tree.source_line(place) if tree and place else None,
            detail=f"blocked by {blocked_by}" if blocked_by else diagnosis.message_detail,
            context=diagnosis.context,
            hint=hint_for(sqlstate, message, place, tree) or diagnosis.message_hint,
            retry=retry_for(sqlstate) if sqlstate != "57014" else Retry.NEVER,
            vague=len(batch) > 1 and not position,
        )

    def _collect_notes(self, batch: Sequence[Statement]) -> None:
        first, last = batch[0].place, batch[-1].place
        # Which of the statements that were sent together said it, the server does not tell.
        where = f" (here, or up to {last.path}:{last.line})" if len(batch) > 1 else ""
        self.notes.extend(Note(first, " ".join(text.split()) + where) for text in self._messages)
        self._messages.clear()


def _rows(data: str | Stored) -> BinaryIO:
    return data.open() if isinstance(data, Stored) else BytesIO(data.encode())


class _Nowhere:
    """Takes the rows of a COPY … TO stdout, which psql would print."""

    def write(self, data: str | bytes) -> int:
        return len(data)


def database_name(dsn: str) -> str:
    """The name of the database in a connection string, as far as the string tells. Raises DatabaseError."""
    parameters = connection_parameters(dsn)
    return parameters.get("dbname") or parameters.get("service") or parameters.get("user") or "database"


def psql_line(dsn: str) -> str:
    """A line for a shell that opens the database in psql; without the password. Raises DatabaseError."""
    shown = {k: v for k, v in connection_parameters(dsn).items() if k not in ("password", "sslpassword")}
    return f"psql {shlex.quote(psycopg2.extensions.make_dsn(**shown))}"


def connection_parameters(dsn: str) -> dict[str, str]:
    """What a connection string says, the password included. Raises DatabaseError."""
    try:
        return {str(k): str(v) for k, v in psycopg2.extensions.parse_dsn(dsn).items()}
    except psycopg2.ProgrammingError:
        # libpq quotes the string, password and all.
        raise DatabaseError(
            "the connection string of the database is not valid",
            hint="write postgresql://user@host:port/database, or host=… dbname=… (libpq's forms); "
            "percent-encode special characters in a URL",
        ) from None
