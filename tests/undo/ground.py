"""Builds the database of base.sql, and takes it away."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg2
from psycopg2.sql import SQL, Composed, Identifier
from tests.undo.corpus import Ground, contents

from mainsql.database import snapshot
from mainsql.database.dumping import dump_definitions
from mainsql.database.session import Session

DATABASE = "undo"
"""Statements of the corpus name it."""

ROLES = ("undo_owner", "undo_reader", "undo_writer", "Undo User")

_BASE = Path(__file__).parent / "base.sql"


@contextlib.contextmanager
def build(server: str, database: str) -> Iterator[Ground]:
    """The ground for the corpus. ``server`` is where to make the database, ``database`` the one made."""
    name = Identifier(DATABASE)
    with contextlib.ExitStack() as stack:
        for role in map(Identifier, ROLES):
            _run(server, SQL("create role {}").format(role))
            stack.callback(_run, server, SQL("drop role {}").format(role))
        _run(server, SQL("create database {} template template0").format(name))
        stack.callback(_run, server, SQL("drop database {} with (force)").format(name))
        _run(database, _BASE.read_text())
        session = stack.enter_context(Session(database, application_name="corpus"))
        before = snapshot.read(session)
        definitions = dump_definitions(database, before.server_version // 10_000)
        yield Ground(session, before, definitions, contents(session, before))


def _run(dsn: str, sql: str | Composed) -> None:
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
