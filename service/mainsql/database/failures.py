"""What psycopg2 raises → our errors, with what to do about them."""

import os
import re
from bisect import bisect_right
from collections.abc import Sequence

import psycopg2

from mainsql.database.blockers import Blockers
from mainsql.database.last_words import LastWords
from mainsql.errors import (
    ConnectionLost,
    DatabaseError,
    DatabaseUnavailable,
    Locked,
    Place,
    Retry,
    SessionEnded,
    StatementError,
)
from mainsql.model import Statement, Tree
from mainsql.script.hints import hint_for

_TRANSIENT = re.compile(
    r"""
    40001 | 40P01 |          # serialization_failure, deadlock_detected
    55P03 |                  # lock_not_available: lock_timeout
    08...  | 57P0[1-5] | 53...  # lost connections, shutdowns, insufficient resources
    """,
    re.VERBOSE,
)

_BLOCKED = ("55P03", "40P01")
"""lock_not_available (lock_timeout, NOWAIT), deadlock_detected."""

_ADVICE = (
    ("is read-only", "no server of the connection string takes writes now: wait until one is promoted"),
    ("is in hot standby", "the server is a standby: wait until it is promoted, or name the primary, too"),
    ("password authentication failed", "check the password: PGPASSWORD, ~/.pgpass, or the one in the URL"),
    ("no password supplied", "give a password: PGPASSWORD, ~/.pgpass, or one in the URL"),
    ("no pg_hba.conf entry", "the server does not let this user in from here: see pg_hba.conf on it"),
    ("Peer authentication failed", "the server wants the system user of the same name: give another user"),
    ("role ", "create the role, or name another one in the URL"),
    ("database ", "create the database (createdb), or name another one"),
    ("could not translate host name", "check the host name"),
    ("Connection refused", "check host and port, and that the server runs and listens there"),
    ("No such file or directory", "check that the server runs, or give a host to reach it over the network"),
    ("timeout expired", "check host and port, and that no firewall is in between"),
    ("starting up", "wait until it is up"),
    ("too many", "close other connections, or raise max_connections"),
)


def connection_failed(error: psycopg2.Error, parameters: dict[str, str]) -> DatabaseUnavailable:
    """Why no connection could be had: names host, port, user and database, and what to check."""
    said_by_environment = os.environ.get
    host = parameters.get("host") or parameters.get("hostaddr") or said_by_environment("PGHOST")
    host = host or "the local socket"
    port = parameters.get("port") or said_by_environment("PGPORT") or "5432"
    user = parameters.get("user") or said_by_environment("PGUSER") or "the system user"
    database = parameters.get("dbname") or said_by_environment("PGDATABASE") or "the default"
    lines = str(error).strip().splitlines()
    reason = next(
        (line.strip() for line in lines if "FATAL" in line), lines[0] if lines else "no reason given"
    )
    advice = next((advice for sign, advice in _ADVICE if sign in str(error)), "check the connection string")
    return DatabaseUnavailable(
        f"cannot connect to database {database} on {host}, port {port}, as {user}: {reason}", hint=advice
    )


def retry_for(sqlstate: str) -> Retry:
    """Whether the same transaction may succeed when it is tried again later."""
    return Retry.LATER if _TRANSIENT.fullmatch(sqlstate) else Retry.NEVER


def _is_for_a_person(error: psycopg2.Error) -> bool:
    """Whether a code that is transient as a rule is not so here: to wait would not help.

    That is a statement_timeout, and a transaction that takes more locks than the server has room for.
    """
    return error.pgcode == "57014" or "max_locks_per_transaction" in (error.diag.message_hint or "")


def said(error: psycopg2.Error) -> str:
    """What the server, or libpq, says in a word."""
    return (error.diag.message_primary or str(error)).strip()


def statement_failed(
    error: psycopg2.Error,
    batch: Sequence[Statement],
    offsets: Sequence[int],
    tree: Tree | None,
    *,
    doing: str,
    blockers: Blockers | None,
) -> StatementError:
    """What went wrong with statements of a script that were sent together, each at its offset.

    ``doing`` says what was done where it was none of them.
    """
    diagnosis, sqlstate, message = error.diag, error.pgcode or "", said(error)
    place = batch[0].place if batch else None
    position = int(diagnosis.statement_position or 0)
    if batch and position:
        index = bisect_right(offsets, position - 1) - 1
        place = batch[index].locate(position - offsets[index])
    vague = len(batch) > 1 and not position
    if vague:
        last = batch[-1].place
        message += f" (at this statement, or at one up to {last.path}:{last.line})"
    return StatementError(
        f"{doing}: {message}" if doing else message,
        sqlstate=sqlstate,
        place=place,
        line=tree.source_line(place) if tree and place else None,
        detail=detail(error, blockers),
        context=diagnosis.context,
        hint=hint_for(sqlstate, message, place, tree) or diagnosis.message_hint,
        retry=Retry.NEVER if _is_for_a_person(error) else retry_for(sqlstate),
        vague=vague,
    )


def detail(error: psycopg2.Error, blockers: Blockers | None) -> str | None:
    """What the server says beside its message; for a lock, who held it, as far as somebody looked."""
    told: str | None = error.diag.message_detail
    if error.pgcode not in _BLOCKED or blockers is None or blockers.seen is None:
        return told
    # A deadlock: the server names processes; their statements are only in its log.
    beside = f" ({' '.join(told.split())})" if told else ""
    return f"blocked by {blockers.seen}{beside}"


def cannot_write(database: str, *, standby: bool) -> DatabaseUnavailable:
    """Nothing can be written now. ``standby`` says whether that is because it is one."""
    if standby:
        return DatabaseUnavailable(
            f"database {database} is on a standby, which is only read from: waiting until it is promoted",
            hint="name all servers and let libpq find the primary: "
            "postgresql://host1,host2/database?target_session_attrs=read-write",
        )
    return DatabaseUnavailable(
        f"database {database} can only be read from now: default_transaction_read_only is on",
        hint="somebody set it for the server, the database or the role (ALTER … SET); RESET it there",
    )


def lost_at_statement(
    words: LastWords, place: Place | None, tree: Tree | None
) -> ConnectionLost | StatementError:
    """The connection is gone: for good reason, if a time limit that somebody has set ended the session."""
    if words.limit is None:
        at = f" at {place}" if place else ""
        return ConnectionLost(f"the connection to the database was lost{at}: {words.text}", place=place)
    return StatementError(
        f"before this: {words.text}" if words.limit.when_idle else words.text,
        sqlstate=words.limit.sqlstate,
        place=place,
        line=tree.source_line(place) if tree and place else None,
        hint=words.limit.way_out,
    )


def ledger_failed(
    error: psycopg2.Error, *, lost: LastWords | None, blockers: Blockers | None
) -> DatabaseError:
    """What went wrong with one of mainsql's own statements; ``lost`` where the connection is gone with it."""
    primary = said(error)
    sqlstate = error.pgcode or ""
    if lost is not None and lost.limit is not None:
        return SessionEnded(f"{lost.text} [{lost.limit.sqlstate}]", hint=lost.limit.way_out)
    if lost is not None:
        return ConnectionLost(f"the connection to the database was lost: {lost.text}")
    if sqlstate in _BLOCKED:
        beside = f" ({found})" if (found := detail(error, blockers)) else ""
        return Locked(
            f"somebody else holds a lock that mainsql needs: {primary} [{sqlstate}]{beside}",
            hint="wait until that session is done, or end it",
        )
    if retry_for(sqlstate) is Retry.LATER:
        return DatabaseUnavailable(f"the database cannot go on now: {primary} [{sqlstate}]")
    if sqlstate == "42501":
        return DatabaseError(
            f"the deploying role may not use the ledger: {primary}",
            hint="grant it CREATE on the database for the first deploy, or the rights of the ledger's owner",
        )
    hint = (
        "it is a standby, or default_transaction_read_only is on, or a script has set it"
        if (sqlstate == "25006")
        else None
    )
    return DatabaseError(f"the ledger cannot be used: {primary} [{sqlstate}]", hint=hint)
