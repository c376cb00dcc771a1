"""Databases to try something in: fresh ones, which are taken away again."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg2.extensions
from psycopg2.sql import SQL, Identifier

from mainsql.database.programs import FOLDERS
from mainsql.database.session import Session
from mainsql.database.surroundings import Surroundings, furnish
from mainsql.errors import DatabaseError

_PREFIX = "mainsql-scratch-"
_APPLICATION = "mainsql scratch"
_ELSEWHERE = "name a server on which a scratch database may be made: --on URL"
_THROWN_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "8GB",
}
"""Settings of a server whose data nobody needs after a crash."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A fresh database, for the role that the other one is deployed to by.

    ``admin_dsn`` is for a role that may do more there, if there is one. ``major`` is the server's
    version, ``ours`` says that the whole server is temporary.
    """

    dsn: str = field(repr=False)
    admin_dsn: str = field(repr=False)
    major: int
    ours: bool


@contextlib.contextmanager
def scratch_database(
    around: Surroundings, *, on: str | None = None, superuser: bool = False
) -> Iterator[Scratch]:
    """A fresh database with these surroundings, gone at the end.

    It is on an embedded server of its own, where the roles are made: nobody can do harm there, so
    with ``superuser`` the role may do all. Or it is on the server of the connection string ``on``,
    beside the database that this names, which stays as it is; the role must be there. Raises
    DatabaseError, DatabaseUnavailable.
    """
    place = _beside(on, around) if on is not None else _on_a_server_of_its_own(around, superuser=superuser)
    with place as scratch:
        yield scratch


def nearest_major(major: int) -> int:
    """The embedded version most like a server's: the same, else the next newer one, else the newest."""
    return min((version for version in FOLDERS if version >= major), default=max(FOLDERS))


def clear_away(folder: Path, *, older_than: float = 3600) -> None:
    """Removes the servers in a folder that somebody left behind who was killed, that many seconds ago.

    Not younger ones: who makes one now may not have his lock yet.
    """
    from mainsql.database.embedded import abandoned

    for left in folder.glob(f"{_PREFIX}*"):
        # What belongs to somebody else is his to remove.
        with contextlib.suppress(OSError, DatabaseError):
            if time.time() - left.stat().st_mtime >= older_than and abandoned(left):
                shutil.rmtree(left)


@contextlib.contextmanager
def _on_a_server_of_its_own(around: Surroundings, *, superuser: bool) -> Iterator[Scratch]:
    # Most commands never need a server, and so not the wheel either.
    from mainsql.database.embedded import embedded_server

    major = nearest_major(around.major)
    clear_away(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            server = stack.enter_context(embedded_server(folder, version=major, settings=_THROWN_AWAY))
        except DatabaseError as error:
            raise DatabaseError(f"there is no scratch database: {error.message}", hint=_ELSEWHERE) from None
        with _session(server.dsn()) as session:
            if not session.query("select 1 from pg_database where datname = %s", (around.database,)):
                # The same name: scripts may ask for it.
                session.query(SQL("create database {}").format(Identifier(around.database)))
        admin = server.dsn(around.database)
        with _session(admin) as session:
            furnish(session, around, superuser=superuser)
        yield Scratch(psycopg2.extensions.make_dsn(admin, user=around.user), admin, major, ours=True)


@contextlib.contextmanager
def _beside(url: str, around: Surroundings) -> Iterator[Scratch]:
    name = f"mainsql_scratch_{uuid4().hex[:12]}"
    with _session(url) as session:
        _check_rights(session, around)
        # Not template1, which may have something in it, and which somebody may be looking at.
        session.query(SQL("create database {} template template0").format(Identifier(name)))
        try:
            admin = psycopg2.extensions.make_dsn(url, dbname=name)
            options = psycopg2.extensions.parse_dsn(admin).get("options", "")
            # RESET ROLE goes back to what the connection began with, so the scripts do not notice.
            role = around.user.replace("\\", "\\\\").replace(" ", "\\ ")
            dsn = psycopg2.extensions.make_dsn(admin, options=f"{options} -c role={role}".strip())
            if around.user != session.user:
                _entitle(session, name, around)
            major = int(session.query("select current_setting('server_version_num')::int")[0][0]) // 10000
            yield Scratch(dsn if around.user != session.user else admin, admin, major, ours=False)
        finally:
            session.query(SQL("drop database {} with (force)").format(Identifier(name)))


def _entitle(session: Session, database: str, around: Surroundings) -> None:
    """Lets the role that deploys make in a database what it may make in its own."""
    # Who owns a database owns its schema public, too; and who has the rights of that role can still drop it.
    ((has_rights,),) = session.query("select pg_has_role(current_user, %s, 'usage')", (around.user,))
    owns = around.user == around.owner and has_rights
    right = "alter database {} owner to {}" if owns else "grant create on database {} to {}"
    session.query(SQL(right).format(Identifier(database), Identifier(around.user)))


def _check_rights(session: Session, around: Surroundings) -> None:
    ((may_create, is_member),) = session.query(
        """
        select rolsuper or rolcreatedb,
               (select pg_has_role(current_user, r.oid, 'member') from pg_roles r where r.rolname = %s)
        from pg_roles where rolname = current_user
        """,
        (around.user,),
    )
    if not may_create:
        raise DatabaseError(
            f"role {session.user} may not create the scratch database",
            hint=f"on that server: ALTER ROLE {session.user} CREATEDB",
        )
    if is_member is None:
        raise DatabaseError(
            f"the server of the scratch database has no role {around.user}, which deploys to the target",
            hint=f"on that server: CREATE ROLE {around.user}, and the other roles that the tree names",
        )
    if not is_member:
        raise DatabaseError(
            f"role {session.user} may not act as {around.user}, which deploys to the target",
            hint=f"on the server of the scratch database: GRANT {around.user} TO {session.user}",
        )


def _session(dsn: str) -> Session:
    return Session(dsn, application_name=_APPLICATION)
