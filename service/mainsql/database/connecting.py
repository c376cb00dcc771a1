"""Connection strings: what they say, what is added to them, how they are shown to people."""

import os
import shlex
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from mainsql.errors import DatabaseError

_LONGEST_NAME = 63
"""Bytes. The server cuts a longer application_name, and with it the version at its end."""

_PATIENCE = {
    "connect_timeout": 10,
    # A peer that is gone without a word is found out after 30 + 3 · 10 s while we wait for it …
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    # … and after as many milliseconds when we send it something.
    "tcp_user_timeout": 60_000,
}
"""PostgreSQL manual, "Parameter Key Words". The system's own would be two hours for an idle connection."""


def settings(parameters: dict[str, str], application_name: str) -> dict[str, Any]:
    """What is added to a connection string with these ``parameters``; what it says itself stays."""
    found: dict[str, Any] = {"application_name": application_name, "client_encoding": "UTF8"}
    found |= {name: value for name, value in _PATIENCE.items() if name not in parameters}
    if "PGCONNECT_TIMEOUT" in os.environ:
        found.pop("connect_timeout", None)
    return found


def application_name(label: str, version: int | None = None) -> str:
    """What pg_stat_activity shows: ``mainsql shop@production v42``, in 63 bytes.

    Of a label that is too long the end is left out, and not the version.
    """
    end = "" if version is None else f" v{version}"
    room = _LONGEST_NAME - len(end.encode())
    return f"mainsql {label}".encode()[:room].decode(errors="ignore") + end


def connection_parameters(dsn: str) -> dict[str, str]:
    """What a connection string says, the password included. Raises DatabaseError."""
    try:
        return {str(k): str(v) for k, v in parse_dsn(dsn).items()}
    except psycopg2.ProgrammingError:
        # libpq quotes the string, password and all.
        raise DatabaseError(
            "the connection string of the database is not valid",
            hint="write postgresql://user@host:port/database, or host=… dbname=… (libpq's forms); "
            "percent-encode special characters in a URL",
        ) from None


def database_name(dsn: str) -> str:
    """The name of the database in a connection string, as far as the string tells. Raises DatabaseError."""
    parameters = connection_parameters(dsn)
    return parameters.get("dbname") or parameters.get("service") or parameters.get("user") or "database"


def psql_line(dsn: str) -> str:
    """A line for a shell that opens the database in psql; without the password. Raises DatabaseError."""
    shown = {k: v for k, v in connection_parameters(dsn).items() if k not in ("password", "sslpassword")}
    return f"psql {shlex.quote(make_dsn(**shown))}"
