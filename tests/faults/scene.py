"""Where a story is played, again and again: a server with databases, and a repository."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import psycopg2
from psycopg2.extensions import parse_dsn
from psycopg2.sql import SQL, Composed, Identifier
from tests.faults.runs import Run, Zygote
from tests.faults.states import State, settled_state
from tests.faults.stories import Story, repository

from mainsql.database.embedded import EmbeddedServer

_DONE = ("deployed", "up_to_date")
_REFUSED = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """A story on a server, with the only two states that it may leave a database in."""

    story: Story
    server: EmbeddedServer
    folder: Path
    template: str
    before: State
    after: State

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The connection string of a fresh database in which the story can begin; gone afterwards."""
        with new_database(self.server, self.template) as dsn:
            yield dsn

    def start(self, zygote: Zygote, dsn: str, *, patient: bool = True) -> Run:
        """Begins it. One that is not ``patient`` does not wait for a server that has gone away."""
        environment = {"MAINSQL_DATABASE": dsn, **({} if patient else {"RETRY_FOR": "0"})}
        return zygote.start(*self.story.arguments, folder=self.folder, environment=environment)

    def finish(self, zygote: Zygote, dsn: str) -> str:
        """Plays it to its end, without a fault; what was said."""
        with self.start(zygote, dsn) as run:
            finish(self.story, run)
            return run.text


def finish(story: Story, run: Run) -> None:
    """Lets a run come to its end, which must be a good one."""
    if story.forever:
        run.until(*_DONE)
        run.end()
        return
    # One that had gone through before is refused: there is nothing to take back any more.
    code = run.wait()
    assert code in (0, _REFUSED), run.text


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """A folder for servers and repositories; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="mainsql-faults-"))
    folder.chmod(0o711)  # The server of root runs as somebody else, who must get through.
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def scene(story: Story, server: EmbeddedServer, folder: Path, zygote: Zygote) -> Iterator[Scene]:
    """Sets the scene for a story in a folder, and clears it away."""
    repo = repository(folder)
    with new_database(server) as dsn, contextlib.ExitStack() as stack:
        for files in story.before:
            repo.commit(files)
            zygote.run("deploy", folder=folder, environment={"MAINSQL_DATABASE": dsn})
        if story.commit is not None:
            repo.commit(story.commit)
        before = settled_state(dsn)
        template = parse_dsn(dsn)["dbname"]
        trial = stack.enter_context(new_database(server, template))
        set_up = Scene(story, server, folder, template, before, before)
        set_up.finish(zygote, trial)
        after = settled_state(trial)
        assert before != after
        yield replace(set_up, after=after)


@contextlib.contextmanager
def new_database(server: EmbeddedServer, template: str = "template0") -> Iterator[str]:
    """The connection string of a new database, a copy of the template; gone at the end."""
    name = f"faults_{uuid4().hex[:12]}"
    _execute(server, SQL("create database {} template {}").format(Identifier(name), Identifier(template)))
    try:
        yield server.dsn(name)
    finally:
        _execute(server, SQL("drop database {} with (force)").format(Identifier(name)))


def _execute(server: EmbeddedServer, sql: Composed) -> None:
    with contextlib.closing(psycopg2.connect(server.dsn())) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
