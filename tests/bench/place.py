"""Where it all happens: a server and folders of its own, gone at the end."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg2
import psycopg2.extensions
from psycopg2.sql import SQL, Identifier
from tests.bench.measuring import Process, Usage
from tests.gitrepo import ISOLATED, GitRepo

from mainsql.database.embedded import EmbeddedServer, embedded_server
from mainsql.database.programs import installation

_VERSION = 18
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
_OURS = ("MAINSQL_", "PG", "GIT_", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, and a server with its data in it."""

    folder: Path
    server: EmbeddedServer

    def repository(self, name: str, files: Mapping[str, str]) -> GitRepo:
        """A repository with one commit, packed as in a clone; ``files`` are added to what is there."""
        repository = self.empty(name)
        repository.commit(files)
        repository.git("gc", "--quiet")
        return repository

    def empty(self, name: str) -> GitRepo:
        """A repository without commits."""
        repository = GitRepo(self.folder / name)
        repository.git("config", "gc.auto", "0")  # It would go on in the background.
        return repository

    def mainsql(self, repository: GitRepo, port: int | None = None, undo: str = "optional") -> Usage:
        """The whole process that deploys the newest commit to a fresh database.

        By default it derives no undo: psql does nothing of that kind.
        """
        with self.database(port) as dsn:
            return self.deploy(repository, dsn, undo)

    def deploy(self, repository: GitRepo, dsn: str, undo: str) -> Usage:
        """The whole process that brings a database up to the newest commit."""
        program = str(Path(sys.executable).with_name("mainsql"))
        config = self.folder / "mainsql.toml"
        config.write_text(
            f'[repositories.source]\nurl = "{repository.path}"\n'
            '[trees.bench]\nmain = "main.sql"\n'
            f'[targets.bench]\nundo = "{undo}"\n'
        )
        command = [program, "deploy", "--config", str(config), "--database", dsn]
        return Process(command, repository.path, self.environment()).run()

    def psql(self, repository: GitRepo, port: int | None = None) -> Usage:
        """The whole process of psql that runs the same script so, in one transaction too."""
        with self.database(port) as dsn:
            program = str(installation(_VERSION) / "bin" / "psql")
            command = [program, "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "main.sql", dsn]
            return Process(command, repository.path, self.environment()).run()

    @contextlib.contextmanager
    def database(self, port: int | None = None) -> Iterator[str]:
        """The connection string of a fresh database, which is gone afterwards; by ``port``, over TCP."""
        name = f"bench_{uuid4().hex[:12]}"
        with contextlib.closing(psycopg2.connect(self.server.dsn())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(SQL("create database {} template template0").format(Identifier(name)))
                try:
                    dsn = self.server.dsn(name)
                    link = {"host": "127.0.0.1", "port": port} if port else {}
                    yield psycopg2.extensions.make_dsn(dsn, **link)
                finally:
                    cursor.execute(SQL("drop database {} with (force)").format(Identifier(name)))
                    cursor.execute("checkpoint")  # So that it is not the next one that pays for it.

    def sessions(self, dsn: str) -> int:
        """How many sessions the database has had, and one more."""
        with contextlib.closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            cursor.execute("select sessions from pg_stat_database where datname = current_database()")
            row = cursor.fetchone()
        assert row is not None
        return int(row[0])

    def environment(self) -> dict[str, str]:
        """What a process of mainsql's gets: nothing of the user's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        home = str(self.folder / "home")
        return {**kept, **ISOLATED, "HOME": home, "XDG_CONFIG_HOME": home, "MAINSQL_STATE": home}


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """A new one; everything in it is gone at the end, the server stopped."""
    folder = Path(tempfile.mkdtemp(prefix="mainsql-bench-"))
    folder.chmod(0o711)  # The server of root runs as somebody else, who must get through.
    try:
        (folder / "home").mkdir()
        with embedded_server(folder / "server", version=_VERSION, settings=_FAST) as server:
            yield Place(folder, server)
    finally:
        shutil.rmtree(folder)
