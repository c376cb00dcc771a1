"""Runs a tree with psql and with mainsql, and tells with pg_dump what is in a database then."""

import os
import subprocess
from pathlib import Path

from tests.parity.comparing import PROGRAMS, PSQL
from tests.postgres.deploying import Shop

from mainsql.config import Apply
from mainsql.operations.outcome import Outcome

_UNLIKE = ("\\restrict ", "\\unrestrict ", "-- Dumped ")
"""What begins the lines in which two dumps of the same differ."""

ONE_TRANSACTION = ("-1", "-v", "ON_ERROR_STOP=1")


def run_psql(
    dsn: str, folder: Path, *options: str, main: str = "main.sql"
) -> "subprocess.CompletedProcess[str]":
    """Runs a script with psql, in its folder; what psql says comes with the result."""
    command = [PSQL, "-X", "-q", *options, "-d", dsn, "-f", main]
    return subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )


def deploy(folder: Path, dsn: str, scripts: Path) -> Outcome:
    """Deploys the scripts, as a commit of a repository of its own in ``folder``, with mainsql."""
    shop = Shop(folder, dsn, apply=Apply.WHOLE)
    try:
        files = {str(path.relative_to(scripts)): path.read_bytes() for path in scripts.rglob("*.*")}
        return shop.push(files)
    finally:
        shop.close()


def dump(dsn: str, *options: str) -> str:
    """All that is in a database, but for the ledger, without what is different in every dump."""
    lines = full_dump(dsn, *options).split("\n")
    return "\n".join(line for line in lines if not line.startswith(_UNLIKE))


def full_dump(dsn: str, *options: str) -> str:
    """All that is in a database, but for the ledger."""
    command = [
        PROGRAMS / "pg_dump",
        "--exclude-schema=mainsql",
        "--exclude-schema=mainsql_archive",
        *options,
        "-d",
        dsn,
    ]
    done = subprocess.run(command, env=_environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


def _environment() -> dict[str, str]:
    return {"LC_ALL": "C.UTF-8", "PGCLIENTENCODING": "UTF8", "PATH": os.environ["PATH"]}
