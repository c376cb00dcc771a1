"""Who keeps a session waiting for a lock: looked up from a connection beside it, while it waits.

Once lock_timeout has struck, or a deadlock is broken, the server does not know any more whose lock it was.
"""

import contextlib
import threading
from collections.abc import Callable

import psycopg2
import psycopg2.extensions

from mainsql.database.connecting import connection_parameters, settings
from mainsql.errors import DatabaseError

_FIRST = 0.4
"""Seconds. A deadlock is broken by who has waited for deadlock_timeout, by default one second."""
_SHORTEST = 0.02
_PATIENCE = 1.0
_CONNECT_TIMEOUT = 5

_WAITS = "select wait_event_type = 'Lock' from pg_catalog.pg_stat_activity where pid = %(pid)s"

# Only for one that waits: to ask who blocks stops all that is done with locks for a moment.
_QUERY = """
select coalesce(
    string_agg(
        format('pid %%s (user %%s, %%s%%s): %%s',
               pid, usename, coalesce(nullif(application_name, ''), 'no application name'),
               ', in its transaction for ' || round(extract(epoch from clock_timestamp() - xact_start))
                   || ' s',
               left(regexp_replace(query, '\\s+', ' ', 'g'), 120)),
        '; ' order by pid),
    'a prepared transaction')
from unnest(pg_blocking_pids(%(pid)s)) as blocking(pid)
left join pg_stat_activity using (pid)
having count(*) > 0
"""


class Blockers:
    """Looks, until it is stopped, who blocks the session whose process ``pid`` gives.

    ``seen`` describes for people whom it saw last, None when nobody blocked. It looks several
    times within ``lock_timeout`` seconds, and connects only when that much has passed at all.
    """

    def __init__(self, dsn: str, pid: Callable[[], int], lock_timeout: float) -> None:
        self.seen: str | None = None
        self._dsn = dsn
        self._pid = pid
        self._pause = max(min(lock_timeout / 4, _FIRST), _SHORTEST)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mainsql-blockers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._closing.set()
        # It only looks: a network that hangs must not hold up the report.
        self._thread.join(_PATIENCE)

    def _watch(self) -> None:
        if self._closing.wait(self._pause):
            return
        # Without a second connection the report only lacks a name.
        with (
            contextlib.suppress(psycopg2.Error, DatabaseError),
            contextlib.closing(self._connect()) as connection,
            connection.cursor() as cursor,
        ):
            connection.autocommit = True
            while True:
                pid = {"pid": self._pid()}
                cursor.execute(_WAITS, pid)
                if cursor.fetchone() == (True,):
                    cursor.execute(_QUERY, pid)
                    row = cursor.fetchone()
                    self.seen = str(row[0]) if row else None
                if self._closing.wait(self._pause):
                    return

    def _connect(self) -> psycopg2.extensions.connection:
        given = connection_parameters(self._dsn)
        added = {**settings(given, "mainsql"), "connect_timeout": _CONNECT_TIMEOUT}
        connection: psycopg2.extensions.connection = psycopg2.connect(self._dsn, **added)
        return connection
