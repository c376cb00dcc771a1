"""What deriving and rehearsing the undo of a small version costs, in databases of several sizes."""

import statistics
import time
from collections.abc import Iterator

from tests.bench.place import Place
from tests.gitrepo import GitRepo

from mainsql.config import RepositoryConfig, TreeConfig
from mainsql.database.session import Session
from mainsql.model import UndoPolicy
from mainsql.operations.deploying import reconcile
from mainsql.operations.loading import Trees
from mainsql.operations.outcome import State
from mainsql.operations.rehearsing import Place as Ground
from mainsql.operations.rehearsing import rehearse
from mainsql.operations.target import Deployment, Target
from mainsql.source.open import open_repository

_TEN = """\
create table added_{n} (id int primary key, name text not null);
create index on added_{n} (name);
comment on table added_{n} is 'Number {n}.';
alter table item_00001 add column column_{n} int default 3;
alter table item_00002 alter name drop not null;
alter table item_00002 alter name set not null;
create view names_{n} as select name from added_{n};
create function number_{n}() returns int language sql as 'select {n}';
grant select on added_{n} to public;
comment on column item_00003.price is 'Before number {n}.';
"""


class Aged:
    """A database with that many tables, and a repository whose commits bring ten statements each."""

    def __init__(self, place: Place, dsn: str, tables: int) -> None:
        self.tables = tables
        self._dsn = dsn
        self._repository: GitRepo = place.empty(f"aged-{tables}")
        self._commits = 0
        with Session(dsn, application_name="bench") as session:
            for number in range(tables):
                session.query(
                    f"create table item_{number:05d} (id int primary key, name text not null default 'x', "
                    f"price numeric(10, 2), other int references item_{max(number - 1, 0):05d})"
                )
            session.query("analyze")

    def deploy(self, undo: UndoPolicy) -> float:
        """The seconds that it takes to deploy one more commit."""
        deployment = self._deployment(undo)
        begun = time.perf_counter()
        outcome = reconcile(deployment, deployment.repository.head())
        seconds = time.perf_counter() - begun
        deployment.repository.close()
        assert outcome.state is State.UP_TO_DATE, outcome.report
        return seconds

    def rehearse(self) -> float:
        """The seconds that it takes to rehearse one more commit, in a scratch database on its own server."""
        deployment = self._deployment(UndoPolicy.DERIVED)
        begun = time.perf_counter()
        found = rehearse(deployment, deployment.repository.head(), Ground())
        seconds = time.perf_counter() - begun
        deployment.repository.close()
        assert found.proven, found
        return seconds

    def _deployment(self, undo: UndoPolicy) -> Deployment:
        self._commits += 1
        number = self._commits
        includes = "".join(f"\\i change_{n}.sql\n" for n in range(1, number + 1))
        self._repository.commit({f"change_{number}.sql": _TEN.format(n=number), "main.sql": includes})
        path = self._repository.path
        config = TreeConfig("bench", RepositoryConfig("source", str(path), None, 5.0), "main.sql")
        source = open_repository(str(path), branch=None, state=path)
        return Deployment(Target("bench", "bench", self._dsn, undo=undo), Trees(source, config))


def added(aged: Aged, rounds: int) -> tuple[float, float, float]:
    """The medians of seconds: what it adds, of a deploy with it, of one without, in turn."""
    aged.deploy(UndoPolicy.OPTIONAL)
    aged.deploy(UndoPolicy.DERIVED)
    pairs = [(aged.deploy(UndoPolicy.DERIVED), aged.deploy(UndoPolicy.OPTIONAL)) for _ in range(rounds)]
    return (
        statistics.median(ours - without for ours, without in pairs),
        statistics.median(ours for ours, _ in pairs),
        statistics.median(without for _, without in pairs),
    )


def rehearsals(aged: Aged, rounds: int) -> Iterator[float]:
    """The seconds of each, after one deploy."""
    aged.deploy(UndoPolicy.DERIVED)
    for _ in range(rounds):
        yield aged.rehearse()
