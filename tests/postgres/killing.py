"""Ends the session that deploys, at a known place: before a statement, or while it waits for somebody."""

import threading
from collections.abc import Callable

import psycopg2

from mainsql.operations.watching import Watcher

_SESSIONS = "from pg_stat_activity where datname = current_database() and application_name like 'mainsql %'"


class Killer(Watcher):
    """Ends the session when a statement begins whose text has ``word`` in it, once.

    With ``waiting_for``, which keeps it from going on, only when it waits for a lock; that is let go then.
    """

    def __init__(self, dsn: str, word: str, waiting_for: Callable[[], None] | None = None) -> None:
        self.kills = 0
        self._dsn = dsn
        self._word = word
        self._let_go = waiting_for
        self._thread: threading.Thread | None = None

    def statement(self, statement):
        if self._word not in statement.text or self._thread is not None:
            return
        self._thread = threading.Thread(target=self._kill)
        self._thread.start()
        if self._let_go is None:
            self._thread.join()

    def _kill(self) -> None:
        connection = psycopg2.connect(self._dsn)
        connection.autocommit = True
        waits = "" if self._let_go is None else " and wait_event_type = 'Lock'"
        with connection.cursor() as cursor:
            while not self.kills:
                cursor.execute(f"select pg_terminate_backend(pid, 10000) {_SESSIONS}{waits}")
                self.kills = cursor.rowcount
        connection.close()
        if self._let_go is not None:
            self._let_go()

    def join(self) -> None:
        """Waits until it has killed."""
        assert self._thread is not None
        self._thread.join()
