"""What the server said before it ended a session: libpq keeps it, and psycopg2 does not raise it."""

import re
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection

_SEVERITY = re.compile(r"^\w+: +")


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A setting after which the server ends a session; ``when_idle`` is that it did nothing by then."""

    setting: str
    sqlstate: str
    when_idle: bool

    @property
    def way_out(self) -> str:
        """What to do about it."""
        return (
            f"a script sets {self.setting}, or the role, the database or the server has it: "
            f"give it more time there ({self.setting} = 0 is no limit), or take it out of the script"
        )


_LIMITS = {
    "due to idle-in-transaction timeout": TimeLimit("idle_in_transaction_session_timeout", "25P03", True),
    "due to transaction timeout": TimeLimit("transaction_timeout", "25P04", False),
    "due to idle-session timeout": TimeLimit("idle_session_timeout", "57P05", True),
}
"""By what the servers say; in English, as most of them are set. libpq does not keep the code."""


@dataclass(frozen=True, slots=True)
class LastWords:
    """What was said, in one line, and the time limit that it was about, if it was about one."""

    text: str
    limit: TimeLimit | None = None


def last_words(connection: Connection, error: psycopg2.Error) -> LastWords:
    """What there is to know about why this connection was lost, with this error."""
    lines = (connection.info.error_message or str(error)).strip().splitlines()
    text = _SEVERITY.sub("", lines[0]) if lines else "no reason given"
    return LastWords(text, next((limit for sign, limit in _LIMITS.items() if sign in text), None))
