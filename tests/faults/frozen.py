"""A network that swallows everything, without a FIN: how long does a session take to find out?

To be run in a network of its own (``unshare --net``), whose loopback is taken down under the session.
Prints the seconds that it took while it waited for an answer, and while it had something to send.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from psycopg2.extensions import make_dsn
from tests.faults.proxy import Fault, Proxy, Way, query

from mainsql.database.session import Session
from mainsql.errors import ConnectionLost

_QUICK = {"keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 2, "tcp_user_timeout": 3000}
_LONG = "select pg_sleep(3600)"


def main(folder: str, dsn: str) -> None:
    """Freezes a session that waits, and one that sends, both with short times in the connection string."""
    _loopback("up")
    proxy = Proxy(Path(folder), Fault(Way.SEEN, query(_LONG)))
    with proxy:
        waiting, sending = (
            Session(make_dsn(proxy.dsn(dsn), **_QUICK), application_name="frozen") for _ in range(2)
        )
        threading.Thread(target=lambda: (proxy.await_place(), _loopback("down")), daemon=True).start()
        found = [_seconds_until_lost(waiting, _LONG), _seconds_until_lost(sending, "select 1")]
        print(*found, flush=True)
        os._exit(0)  # what goes through the proxy does not end by itself any more


def _loopback(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def _seconds_until_lost(session: Session, sql: str) -> float:
    begun = time.monotonic()
    try:
        session.query(sql)
    except ConnectionLost:
        return time.monotonic() - begun
    raise AssertionError("it was answered")


if __name__ == "__main__":
    main(*sys.argv[1:])
