"""Real servers, a database for every test, and what a laptop may lack."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg2
import psycopg2.extensions
import pytest
from hypothesis import settings
from psycopg2.sql import SQL, Identifier

from mainsql.database.embedded import EmbeddedServer, embedded_server

sys.path.insert(0, str(Path(__file__).parents[1]))  # So that tests can import tests.gitrepo.

if TYPE_CHECKING:
    from tests.gitrepo import GitRepo

# The suite tries the same examples each time, so that it fails for what was changed; to look for new
# ones, run it with MAINSQL_TESTS_RANDOM=1.
settings.register_profile("suite", derandomize=not os.environ.get("MAINSQL_TESTS_RANDOM"), deadline=None)
settings.load_profile("suite")


def _servers() -> dict[int, Path | None]:
    """The servers by major version, newest first, with their installations (None: the wheel's)."""
    named = os.environ.get("MAINSQL_TEST_SERVERS", "").split(os.pathsep)
    given = [Path(folder) for folder in named if folder]
    if not given:
        return {18: None, 16: None}
    found = {_major(folder): folder for folder in given}
    return dict(sorted(found.items(), reverse=True))


def _major(installation: Path) -> int:
    said = subprocess.run(
        [installation / "bin" / "postgres", "--version"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return int(said.split()[2].partition(".")[0])


SERVERS = _servers()
VERSIONS = tuple(SERVERS)
"""The versions of PostgreSQL that are tested; the first is the one for tests that do not care.

MAINSQL_TEST_SERVERS names others than the wheel's: folders with ``bin/postgres``, divided as PATH is.
"""

# A crash of the machine may take the data with it; without autovacuum two runs do the same.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


@pytest.fixture
def requires() -> Callable[..., None]:
    """``requires("svn")``: skips the test where there is no such program, or where ``there`` is False.

    With MAINSQL_TESTS_REQUIRE=all, as in CI, the test fails instead.
    """

    def require(name: str, there: bool | None = None) -> None:
        if shutil.which(name) is not None if there is None else there:
            return
        if os.environ.get("MAINSQL_TESTS_REQUIRE") == "all":
            pytest.fail(f"this test requires {name}, and MAINSQL_TESTS_REQUIRE=all")
        pytest.skip(f"this test requires {name}")

    return require


if os.geteuid() == 0:

    @pytest.fixture
    def tmp_path() -> Iterator[Path]:
        """Like pytest's own, but pgserver, as whom root's servers run, gets through to it.

        pytest shuts its folders in /tmp to all others, again with every run that begins.
        """
        folder = Path(tempfile.mkdtemp(prefix="mainsql-test-"))
        folder.chmod(0o711)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[int], EmbeddedServer]]:
    """A server by its major version; started when first asked for, gone with its data at the end.

    The wheel's are there, too, where others are tested.
    """
    started: dict[int, EmbeddedServer] = {}
    with contextlib.ExitStack() as stack:

        def server(version: int) -> EmbeddedServer:
            if version not in started:
                folder = Path(tempfile.mkdtemp(prefix="mainsql-tests-"))
                stack.callback(shutil.rmtree, folder)
                started[version] = stack.enter_context(
                    embedded_server(
                        folder, version=version, settings=_FAST, installation=SERVERS.get(version)
                    )
                )
            return started[version]

        yield server


@pytest.fixture(scope="session")
def server(servers: Callable[[int], EmbeddedServer]) -> EmbeddedServer:
    """A server for all tests together."""
    return servers(VERSIONS[0])


@pytest.fixture(scope="session", params=VERSIONS)
def every_server(request: pytest.FixtureRequest, servers: Callable[[int], EmbeddedServer]) -> EmbeddedServer:
    """One server after the other: the test runs on each. What ``database`` gives is on it, too."""
    return servers(request.param)


@pytest.fixture
def since(server: EmbeddedServer) -> Callable[[int], None]:
    """``since(18)``: skips the test where the server for tests that do not care is of an older version."""

    def check(first: int) -> None:
        if major(server) < first:
            pytest.skip(f"PostgreSQL {first} knows it first")

    return check


def major(server: EmbeddedServer) -> int:
    """The major version of a server."""
    return int(server.version.split(".")[0])


@dataclass(frozen=True, slots=True)
class Database:
    """A database of its own for one test; ``dsn`` is for the superuser."""

    server: EmbeddedServer
    name: str
    _connections: list[psycopg2.extensions.connection] = field(default_factory=list, repr=False)
    _roles: list[str] = field(default_factory=list, repr=False)

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.name)

    def connect(self, dsn: str | None = None) -> psycopg2.extensions.connection:
        """A new connection, which is closed at the end of the test if it is not by then."""
        connection = psycopg2.connect(dsn or self.dsn)
        self._connections.append(connection)
        return connection

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Runs statements on a connection of their own, committed at once; the rows of the last."""
        return _execute(self.dsn, sql, parameters)

    def role(self, name: str = "poor", attributes: str = "login") -> str:
        """The connection string for a new role, which may not CREATE in the database.

        The role is ``name`` with something behind it (roles are shared by all databases), and gone
        at the end of the test.
        """
        unique = f"{name}_{uuid4().hex[:12]}"
        _execute(self.dsn, SQL("create role {} " + attributes).format(Identifier(unique)))
        self._roles.append(unique)
        return psycopg2.extensions.make_dsn(self.dsn, user=unique)

    def close(self) -> None:
        """Closes all connections, those of others included, and takes all of it away."""
        for connection in self._connections:
            connection.close()
        everything = SQL("drop database {} with (force)").format(Identifier(self.name))
        _execute(self.server.dsn(), everything)
        for role in self._roles:
            _execute(self.server.dsn(), SQL("drop role {}").format(Identifier(role)))


def _execute(dsn: str, sql: Any, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database, on each server in turn if the test asks for ``every_server``."""
    with fresh(request) as database:
        yield database


@pytest.fixture
def another_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A second one on the same server."""
    with fresh(request) as database:
        yield database


@contextlib.contextmanager
def fresh(request: pytest.FixtureRequest) -> Iterator[Database]:
    """What ``database`` is, for fixtures that keep one longer."""
    every = "every_server" in request.fixturenames
    server: EmbeddedServer = request.getfixturevalue("every_server" if every else "server")
    name = f"test_{uuid4().hex[:12]}"
    # Not template1, which somebody may just be looking at. Up to 14 files were copied whatever one said.
    copied = "" if major(server) < 15 else " strategy file_copy"
    _execute(server.dsn(), SQL("create database {} template template0" + copied).format(Identifier(name)))
    database = Database(server, name)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def git_repo(tmp_path: Path) -> "GitRepo":
    """An empty git repository."""
    from tests.gitrepo import GitRepo

    return GitRepo(tmp_path / "repo")
