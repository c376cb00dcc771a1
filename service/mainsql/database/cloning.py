"""Makes a scratch database like another one: its objects without their rows, and its ledger with them."""

import os
import re
import subprocess

import psycopg2.extensions

from mainsql.database import archives, ledger
from mainsql.database.connecting import connection_parameters
from mainsql.database.dumping import find_pg_dump
from mainsql.database.scratch import Scratch
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, DatabaseUnavailable, Place, StatementError
from mainsql.model import Statement
from mainsql.redaction import redact

_LEDGER = "mainsql"
_ARCHIVE = "mainsql_archive"
_PATIENCE = 600
"""Seconds for a whole dump."""
_RESTRICT = re.compile(r"^\\restrict (\w+)$", re.MULTILINE)
_NEWER_SETTING = re.compile(r"^SET transaction_timeout = 0;$", re.MULTILINE)
_SECRETS = {"password": "PGPASSWORD", "sslpassword": "PGSSLPASSWORD"}


def clone(target: Session, dsn: str, scratch: Scratch, *, lock_wait: float = 10.0) -> None:
    """Makes what is in the database of ``target`` again in the scratch database; the first is only read.

    ``dsn`` is the connection string of the first, ``lock_wait`` the seconds to wait for any lock
    there. Raises DatabaseError, DatabaseUnavailable.
    """
    dump = _Dump(dsn, target.server_major, lock_wait)
    texts = [dump.text("--schema-only", f"--exclude-schema={_LEDGER}", f"--exclude-schema={_ARCHIVE}")]
    if ledger.is_installed(target):
        # What versions keep goes into the archive, and their undo scripts read there.
        kept = [f"--schema={_ARCHIVE}", f"--exclude-table-data={_ARCHIVE}.*"]
        kept = kept if archives.is_installed(target) else []
        texts.append(dump.text("--inserts", "--rows-per-insert=100", f"--schema={_LEDGER}", *kept))
    for text in texts:
        with Session(scratch.admin_dsn, application_name="mainsql scratch") as session:
            _restore(session, _for_the_server(text, scratch.major))


def _restore(session: Session, text: str) -> None:
    try:
        with session.transaction():
            # All at once: cutting it into statements would take longer than running them.
            session.run([Statement(text, "pg_dump", Place("pg_dump", 1), "")])
    except StatementError as error:
        raise DatabaseError(
            f"the scratch database cannot be made like the target: {error.message}",
            hint="where the server lacks something, as an extension, name one that has it: --on URL",
        ) from None


def _for_the_server(text: str, major: int) -> str:
    """The dump without what is meant for psql (\\restrict) and what only a newer server knows."""
    if key := _RESTRICT.search(text):
        text = text.replace(key[0], "", 1).replace(f"\\unrestrict {key[1]}", "", 1)
    return text if major >= 17 else _NEWER_SETTING.sub("", text, count=1)


class _Dump:
    """pg_dump of one database, whose server is of version ``major``."""

    def __init__(self, dsn: str, major: int, lock_wait: float) -> None:
        given = connection_parameters(dsn)
        self._secrets = {_SECRETS[name]: given.pop(name) for name in _SECRETS if name in given}
        self._command = [
            str(find_pg_dump(major)),
            "--no-password",
            "--no-subscriptions",
            f"--lock-wait-timeout={round(lock_wait * 1000)}",
            f"--dbname={psycopg2.extensions.make_dsn(**given)}",
        ]

    def text(self, *options: str) -> str:
        """The dump with these options."""
        program = self._command[0]
        try:
            done = subprocess.run(
                [*self._command, *options],
                env={**os.environ, **self._secrets, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DatabaseUnavailable(
                f"pg_dump did not read what is in the database in {_PATIENCE} s",
                hint="look in pg_stat_activity for what it waits for",
            ) from None
        except OSError as error:
            raise DatabaseError(f"{program} does not run: {error.strerror}") from None
        if done.returncode != 0:
            raise _failed(done.stderr.decode(errors="replace"))
        return done.stdout.decode()


def _failed(said: str) -> DatabaseError:
    lines = [line for line in said.strip().splitlines() if "error" in line.lower()] or [said.strip()]
    reason = redact(lines[0]).removeprefix("pg_dump: ").removeprefix("error: ")
    message = f"pg_dump cannot read what is in the database: {reason}"
    if re.search("(lock|statement) timeout", said):  # it waits for a lock, and for nothing else, in this way
        return DatabaseUnavailable(message, hint="somebody holds a lock on one of the tables")
    if "connection to server" in said:
        return DatabaseUnavailable(message, hint="check the connection string")
    return DatabaseError(
        message, hint="the role must be allowed to read all that is in the database; or try it --in-place"
    )
