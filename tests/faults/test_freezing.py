"""A peer that is gone without a word is found out within the time that is said, not within hours."""

import contextlib
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psycopg2
from tests.faults.proxy import Fault, Proxy, Way

from mainsql.database.connecting import settings
from mainsql.database.session import Session

_ROOT = Path(__file__).parents[2]
_UNSHARE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]


def test_a_frozen_network_is_found_out(requires, server, database):
    alone = subprocess.run([*_UNSHARE, "ip", "link"], capture_output=True, check=False).returncode == 0
    requires("a network of its own (unshare, ip)", there=alone)
    command = [
        *_UNSHARE,
        sys.executable,
        "-m",
        "tests.faults.frozen",
        str(server.socket_folder),
        database.dsn,
    ]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    # Its connections say: after 1 + 2 · 1 s of silence, or 3 s after something was sent.
    waiting, sending = map(float, done.stdout.split())
    assert 1 < waiting < 15
    assert sending < 15


def test_by_default_it_takes_a_minute(server, database):
    with Proxy(server.socket_folder) as proxy:
        dsn = proxy.dsn(database.dsn)
        connection = psycopg2.connect(dsn, **settings(psycopg2.extensions.parse_dsn(dsn), "mainsql"))
        with contextlib.closing(connection), socket.socket(fileno=os.dup(connection.fileno())) as found:
            options = [
                found.getsockopt(level, option)
                for level, option in (
                    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
                    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                )
            ]
    assert options == [1, 30, 10, 3, 60_000]


def test_so_it_does_for_the_server(server, database):
    """That is what it says; the server's end of the proxy's connection is a socket without such times."""
    found = []

    def at(_, message):
        found.extend(re.findall(rb"SET LOCAL (tcp_\w+ TO \d+)", message))
        return False

    with (
        Proxy(server.socket_folder, Fault(Way.SEEN, at)) as proxy,
        Session(proxy.dsn(database.dsn), application_name="lively") as session,
    ):
        session.begin(lock_timeout=1)
        session.rollback()
    assert found == [
        b"tcp_keepalives_idle TO 30",
        b"tcp_keepalives_interval TO 10",
        b"tcp_keepalives_count TO 3",
        b"tcp_user_timeout TO 60000",
    ]
