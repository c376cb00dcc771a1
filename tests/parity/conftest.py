import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from tests.parity.backend import Session
from tests.parity.comparing import PSQL
from tests.parity.generated import VARIABLES
from tests.parity.wire import SOCKET, Recorder

from mainsql.database.embedded import EmbeddedServer


@pytest.fixture
def recorder(server: EmbeddedServer) -> Iterator[Recorder]:
    """psql before the real server, a new one for each script."""
    # Not tmp_path: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        yield Recorder(PSQL, Path(folder), server.socket_folder / SOCKET)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """psql before a server that agrees to everything, the same for all scripts."""
    with (
        tempfile.TemporaryDirectory(prefix="wire-") as folder,
        Session(PSQL, Path(folder), VARIABLES) as session,
    ):
        yield session


@contextlib.contextmanager
def fresh_database(server: EmbeddedServer) -> Iterator[str]:
    """The connection string of a new database, which is gone afterwards."""
    name = f"parity_{uuid4().hex[:12]}"
    with contextlib.closing(psycopg2.connect(server.dsn())) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"create database {name} template template0")
            yield server.dsn(name)
            cursor.execute(f"drop database {name} with (force)")


@pytest.fixture
def other(server: EmbeddedServer) -> Iterator[str]:
    """A second database beside ``database``, as fresh as that."""
    with fresh_database(server) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def used_databases(server: EmbeddedServer) -> Iterator[tuple[str, str]]:
    """Two databases for all tests of a module: to make new ones for each takes longer than the test."""
    with fresh_database(server) as one, fresh_database(server) as another:
        yield one, another


@pytest.fixture
def two_databases(used_databases: tuple[str, str]) -> tuple[str, str]:
    """Two databases with nothing in them but an empty schema public."""
    for dsn in used_databases:
        with (
            contextlib.closing(psycopg2.connect(dsn)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("drop schema if exists mainsql, public cascade; create schema public")
    return used_databases
