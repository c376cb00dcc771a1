"""Makes a scratch database like another one: its objects without their rows, and its ledger with them."""

import re
from functools import partial

from mainsql.database import archives, ledger
from mainsql.database.dumping import dump
from mainsql.database.scratch import Scratch
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, Place, StatementError
from mainsql.model import Statement

_LEDGER = "mainsql"
_ARCHIVE = "mainsql_archive"
_MAY_NOT_READ = "the role must be allowed to read all that is in the database; or try it --in-place"
_RESTRICT = re.compile(r"^\\restrict (\w+)$", re.MULTILINE)
_NEWER_SETTING = re.compile(r"^SET transaction_timeout = 0;$", re.MULTILINE)


def clone(target: Session, dsn: str, scratch: Scratch, *, lock_wait: float = 10.0) -> None:
    """Makes what is in the database of ``target`` again in the scratch database; the first is only read.

    ``dsn`` is the connection string of the first, ``lock_wait`` the seconds to wait for any lock
    there. Raises what ``dump`` raises.
    """
    read = partial(
        dump, dsn, target.server_major, "--no-subscriptions", lock_wait=lock_wait, hint=_MAY_NOT_READ
    )
    texts = [read("--schema-only", f"--exclude-schema={_LEDGER}", f"--exclude-schema={_ARCHIVE}")]
    if ledger.is_installed(target):
        # What versions keep goes into the archive, and their undo scripts read there.
        kept = [f"--schema={_ARCHIVE}", f"--exclude-table-data={_ARCHIVE}.*"]
        kept = kept if archives.is_installed(target) else []
        texts.append(read("--inserts", "--rows-per-insert=100", f"--schema={_LEDGER}", *kept))
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
