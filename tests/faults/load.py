"""Deploys beside a busy pgbench: does a transaction of its fail, and how long did the slowest take?

``python -m tests.faults.load --help`` for a longer one than that of the suite.
"""

import argparse
import contextlib
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from tests.faults.scene import new_folder
from tests.postgres.deploying import Shop

from mainsql.database.embedded import EmbeddedServer, embedded_server
from mainsql.database.limits import Limits
from mainsql.database.programs import installation
from mainsql.operations.deploying import Watcher
from mainsql.operations.updating import bring_up_to_date

_CLIENTS = 4
_LONGEST = 3600
"""Seconds; it is told to end before."""
_TABLES = ("accounts", "tellers", "branches", "history")
"""In the order in which pgbench locks them, as anybody should who shares them with it."""
_EVERY = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """What pgbench says: how many transactions, how many that failed, and the slowest in seconds.

    ``waits`` is how often a deploy had to be tried again.
    """

    transactions: int
    failed: int
    worst: float
    waits: int


def deploy_beside_pgbench(
    server: EmbeddedServer, dsn: str, folder: Path, *, deploys: int, lock_timeout: float
) -> Measured:
    """So many versions, each of which alters a table of pgbench's; at each fifth somebody reads it."""
    programs = installation(int(server.version.split(".")[0])) / "bin"
    subprocess.run([programs / "pgbench", "-i", "-q", dsn], check=True, capture_output=True)
    reader = _Reader(dsn)
    shop = Shop(folder, dsn, limits=Limits(lock_timeout=lock_timeout))
    with contextlib.closing(shop), contextlib.closing(reader), _running(programs, dsn, folder) as pgbench:
        main = ""
        for number in range(deploys):
            table = f"pgbench_{_TABLES[number % len(_TABLES)]}"
            main += f"alter table {table} add column c{number} int;\n"
            shop.repo.commit({"main.sql": main})
            if number % _EVERY == 0:
                reader.read(table)
            outcome = bring_up_to_date(shop.deployment, shop.source.head(), watcher=reader)
            assert outcome.version == number + 1, outcome.report
            assert pgbench.poll() is None, "pgbench ended too early"
    return _measured(folder, reader.waits)


class _Reader(Watcher):
    """Reads a table in a transaction that ends when a deploy has given up once because of it."""

    def __init__(self, dsn: str) -> None:
        self.waits = 0
        self._connection = psycopg2.connect(dsn)

    def read(self, table: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"select from {table} limit 1")

    def waiting(self, why: str) -> None:
        self.waits += 1
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def _running(programs: Path, dsn: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [programs / "pgbench", "-n", "-c", str(_CLIENTS), "-T", str(_LONGEST), "-l", dsn]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGALRM)  # as its own clock does at the end of -T
            process.wait()


def _measured(folder: Path, waits: int) -> Measured:
    # client, transaction, microseconds or "failed", …: PostgreSQL manual, pgbench, "Per-Transaction Logging".
    lines = [line.split() for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines()]
    said = (folder / "said").read_text()
    failed = sum(line[2] == "failed" for line in lines) + said.count("aborted")
    worst = max(int(line[2]) for line in lines if line[2] != "failed") / 1e6
    return Measured(len(lines), failed, worst, waits)


def main() -> None:
    """Tells what came of it; ends with 1 when a transaction failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.load", description=__doc__)
    parser.add_argument("--deploys", type=int, default=200)
    parser.add_argument("--lock-timeout", type=float, default=5.0, help="seconds")
    parser.add_argument("--server", type=int, default=18, help="the major version")
    given = parser.parse_args()
    with new_folder() as folder, embedded_server(folder / "server", version=given.server) as server:
        work = folder / "work"
        work.mkdir()
        found = deploy_beside_pgbench(
            server, server.dsn(), work, deploys=given.deploys, lock_timeout=given.lock_timeout
        )
    print(
        f"{given.deploys} deploys, {found.waits} of them tried again; {found.transactions} transactions of "
        f"pgbench, {found.failed} failed, the slowest took {found.worst:.2f} s "
        f"(lock_timeout {given.lock_timeout:g} s)"
    )
    raise SystemExit(1 if found.failed else 0)


if __name__ == "__main__":
    main()
