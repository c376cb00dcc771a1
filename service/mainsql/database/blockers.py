"""Who keeps a session waiting for a lock: looked up from a connection beside it, while it waits.

Once lock_timeout has struck, the server does not know any more whose lock it was.
"""

import contextlib
import threading
from types import TracebackType

import psycopg2

_SHORTEST = 0.02
_PATIENCE = 1.0

_QUERY = """
select coalesce(
    string_agg(
        format('pid %%s (user %%s, %%s, in its transaction for %%s s): %%s',
               pid, usename, coalesce(nullif(application_name, ''), 'no application name'),
               coalesce(round(extract(epoch from clock_timestamp() - xact_start)), 0),
               left(regexp_replace(query, '\\s+', ' ', 'g'), 120)),
        '; ' order by pid),
    'a prepared transaction')
from unnest(pg_blocking_pids(%(pid)s)) as blocking(pid)
left join pg_stat_activity using (pid)
having count(*) > 0
"""


class Blockers:
    """Looks, as long as it is open, who blocks the session of ``pid``. A context manager.

    ``seen`` describes for people whom it saw last, None when nobody blocked. It looks several
    times within ``lock_timeout`` seconds, and connects only when that much has passed at all.
    """

    def __init__(self, dsn: str, pid: int, lock_timeout: float) -> None:
        self.seen: str | None = None
        self._dsn = dsn
        self._pid = pid
        self._pause = max(lock_timeout / 4, _SHORTEST)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mainsql-blockers", daemon=True)

    def __enter__(self) -> "Blockers":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        # It only looks: a network that hangs must not hold up the report.
        self._thread.join(_PATIENCE)

    def _watch(self) -> None:
        if self._closing.wait(self._pause):
            return
        # Without a second connection the report only lacks a name.
        with (
            contextlib.suppress(psycopg2.Error),
            contextlib.closing(
                psycopg2.connect(self._dsn, application_name="mainsql", connect_timeout=5)
            ) as connection,
        ):
            connection.autocommit = True
            while True:
                with connection.cursor() as cursor:
                    cursor.execute(_QUERY, {"pid": self._pid})
                    row = cursor.fetchone()
                self.seen = str(row[0]) if row else None
                if self._closing.wait(self._pause):
                    return
