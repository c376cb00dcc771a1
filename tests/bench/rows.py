"""The rows of the table: what is measured, and what it should come to."""

import shutil
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.bench import scripts
from tests.bench.catching_up import seconds_for_each
from tests.bench.ledgers import install, write_history
from tests.bench.link import Link
from tests.bench.measuring import Pair, in_turn, median
from tests.bench.place import Place
from tests.bench.polling import polled
from tests.bench.undoing import Aged, added, rehearsals
from tests.bench.watching import cost
from tests.gitrepo import GitRepo

from mainsql.cli.program import look_for_garbage_seldom
from mainsql.config import RepositoryConfig, TreeConfig
from mainsql.model import Plan
from mainsql.operations.loading import Trees
from mainsql.operations.planning import preview
from mainsql.operations.target import Deployment, Target
from mainsql.script.lexer import Found, Scanner
from mainsql.script.limits import MOST_STATEMENTS, MOST_TEXT
from mainsql.source.open import open_repository
from mainsql.source.repository import Repository

_MEGABYTE = 1_000_000
_ROUND_TRIP = 0.005
_MOST_MEMORY = 150 * _MEGABYTE
_TREE_MEMORY = 200 * _MEGABYTE
_WORST_MEMORY = 300 * _MEGABYTE


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything, and how often."""

    files: int = 1_000
    statements: int = 10_000
    many_files: int = 10_000
    script: int = 100
    """Megabytes of the script that is lexed."""
    versions: int = 2_000
    """Versions in the ledger of the tree that a commit is planned for."""
    commits: int = 500
    """That a database is brought up over at once."""
    copied: int = 1_000
    """Megabytes of COPY data."""
    tables: tuple[int, ...] = (50, 500, 5_000)
    """In the databases in which an undo is derived, and but for the largest one rehearsed."""
    history: int = 100_000
    """Commits, and files, of the repository that is polled."""
    tree: int = 50_000
    """Files of the tree that is deployed to see how much memory that takes."""
    most: int = MOST_STATEMENTS
    """Statements of the script that is deployed for that."""
    repositories: int = 100
    """That are watched at the same time."""
    interval: int = 5
    """Seconds between two polls of one of them."""
    seconds: int = 60
    """For how long."""
    rounds: int = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table: what, how much, what it should be, whether it is, and what it is made of."""

    what: str
    figure: str
    goal: str
    good: bool
    made_of: str


def local(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """A whole deploy of many files and statements, over the local socket."""
    repository = place.repository("local", scripts.tree(sizes.files, sizes.statements))
    pair = in_turn(lambda: place.mainsql(repository), lambda: place.psql(repository), sizes.rounds)
    yield _against_psql(f"{_of(sizes)}, local socket", pair, 0.95)


def link(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """The same over a link with a round trip of 5 ms."""
    repository = place.repository("link", scripts.tree(sizes.files, sizes.statements))
    with Link(place.server.socket_folder, _ROUND_TRIP / 2) as slow:
        pair = in_turn(
            lambda: place.mainsql(repository, slow.port),
            lambda: place.psql(repository, slow.port),
            sizes.rounds,
        )
    yield _against_psql(f"{_of(sizes)}, link of 5 ms", pair, 0.15)


def resolve(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """Resolving a tree of very many files from a commit, and again when one of them changed."""
    look_for_garbage_seldom()  # as the program does
    count = sizes.many_files
    files = scripts.tree(count, count)
    repository = place.repository("resolve", files)
    first = repository.head
    path = list(files)[count // 2]
    repository.commit({path: files[path] + "insert into other values (1);\n"})
    config = TreeConfig("bench", RepositoryConfig("source", str(repository.path), None, 5.0), "main.sql")

    cold = _Resolving(repository, config)
    seconds = median(cold.resolve(first), sizes.rounds, cold.begin)
    yield _in_time(f"resolving {count:,} files of a commit", seconds, 0.6)
    again = median(cold.resolve(repository.head), sizes.rounds, lambda: cold.begin_at(first))
    cold.end()
    yield _in_time(f"the same, one file of {count:,} changed", again, 0.05)


def plan(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """Planning a commit of one file, with a large tree and a long past.

    In process, as in the daemon: the tree of the deployed commit is in memory. What connecting takes
    is taken off.
    """
    look_for_garbage_seldom()
    count = sizes.many_files
    files = scripts.tree(count, 2 * count)
    repository = place.repository("plan", files)
    deployed = repository.head
    path = list(files)[count // 2]
    repository.commit({path: files[path] + "insert into other values (1);\n"})
    config = TreeConfig("bench", RepositoryConfig("source", str(repository.path), None, 5.0), "main.sql")
    planning = _Resolving(repository, config)
    with place.database() as dsn:
        target = Target("bench", config.name, dsn)
        planning.begin_at(deployed)
        with target.connect() as session, session.transaction():
            install(session)
            steps = write_history(session, planning.trees.at(deployed), deployed, sizes.versions)

        def planned() -> None:
            trees = planning.trees
            [found] = preview(Deployment(target, trees), trees.repository.head())
            assert isinstance(found.outcome, Plan)
            assert [step.action.value for step in found.outcome.steps] == ["append"]

        seconds = median(planned, sizes.rounds, lambda: planning.begin_at(deployed))
        connecting = median(lambda: target.connect().__exit__(), sizes.rounds)
        planning.end()
    yield replace(
        _in_time(f"planning 1 of {count:,} files, {sizes.versions:,} versions", seconds - connecting, 0.15),
        made_of=f"{steps:,} steps in the ledger; the tree before in memory; connecting: {connecting:.3f} s",
    )


class _Resolving:
    """Resolves commits with nothing remembered but what it resolved on purpose."""

    def __init__(self, repository: GitRepo, config: TreeConfig) -> None:
        self._path = repository.path
        self._config = config
        self._source: Repository | None = None
        self._trees: Trees | None = None

    def begin(self) -> None:
        self.end()
        self._source = open_repository(str(self._path), branch=None, state=self._path)
        self._trees = Trees(self._source, self._config)

    def begin_at(self, commit: str) -> None:
        self.begin()
        self.resolve(commit)()

    @property
    def trees(self) -> Trees:
        """The trees of the repository, of which some are remembered."""
        assert self._trees is not None
        return self._trees

    def resolve(self, commit: str) -> Callable[[], object]:
        return lambda: self.trees.at(commit).digest

    def end(self) -> None:
        if self._source is not None:
            self._source.close()


def lex(_: Place, sizes: Sizes) -> Iterator[Figure]:
    """Dividing a long script into its statements."""
    text = scripts.long_script(sizes.script * _MEGABYTE)
    seconds = median(lambda: _lexed(text), sizes.rounds)
    speed = len(text) / _MEGABYTE / seconds
    yield Figure(
        f"lexing a script of {len(text) / _MEGABYTE:.0f} MB",
        f"{speed:.1f} MB/s",
        "≥ 50 MB/s",
        speed >= 50,
        f"{seconds:.2f} s",
    )


def _lexed(text: str) -> None:
    scanner = Scanner(text, lambda _name, _quote: None)
    while scanner.scan() is not Found.END:
        scanner.take()


def copy(place: Place, sizes: Sizes) -> Iterator[Figure]:
    r"""COPY of much data, in the script itself and by \copy."""
    for inline in (True, False):
        name = "inline" if inline else "copy"
        repository = place.empty(name)
        scripts.write_copy(repository.path, sizes.copied * _MEGABYTE, inline=inline)
        repository.commit({})
        place.psql(repository)  # Whoever is first makes the server create its WAL segments.
        pair = in_turn(
            lambda repository=repository: place.mainsql(repository),  # type: ignore[misc]
            lambda repository=repository: place.psql(repository),  # type: ignore[misc]
            sizes.rounds,
        )
        how = "inline" if inline else "by \\copy"
        figure = _against_psql(f"COPY of {sizes.copied:,} MB, {how}", pair, 1.05)
        memory = pair.ours.memory
        yield Figure(
            figure.what,
            f"{figure.figure}, {memory / _MEGABYTE:.0f} MB",
            f"{figure.goal}, < {_MOST_MEMORY // _MEGABYTE} MB",
            figure.good and memory < _MOST_MEMORY,
            f"{figure.made_of}; psql {pair.theirs.memory / _MEGABYTE:.0f} MB",
        )
        shutil.rmtree(repository.path)


def derive(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """What deriving and recording the undo adds to a deploy of ten statements, by the database's size."""
    for tables in sizes.tables:
        with place.database() as dsn:
            more, ours, without = added(Aged(place, dsn, tables), sizes.rounds)
        yield Figure(
            f"deriving an undo, {tables:,} tables",
            f"{more:.3f} s more",
            "≤ 0.5 s",
            more <= 0.5,
            f"{ours:.3f} s against {without:.3f} s",
        )


def rehearse(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """Rehearsing such a version in a scratch database, with the start of its server."""
    with place.database() as dsn:
        tables = sizes.tables[-2:][0]
        seconds = statistics.median(rehearsals(Aged(place, dsn, tables), sizes.rounds))
    yield _in_time(f"rehearsing ten statements, {tables:,} tables", seconds, 5)


def memory(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """How much memory a process holds that deploys very many files, and as long a script as it may be."""
    size = MOST_TEXT // MOST_STATEMENTS * sizes.most
    long = {"main.sql": scripts.inserts(sizes.most, size)}
    for name, what, files, goal in (
        ("many", f"{sizes.tree:,} files", scripts.seeds(sizes.tree), _TREE_MEMORY),
        ("long", f"{sizes.most:,} statements of {size / _MEGABYTE:.0f} MB", long, _WORST_MEMORY),
    ):
        usage = place.mainsql(place.repository(name, files), undo="derived")
        yield Figure(
            f"memory, {what}, undo derived",
            f"{usage.memory / _MEGABYTE:.0f} MB",
            f"< {goal // _MEGABYTE} MB",
            usage.memory < goal,
            f"{usage.seconds:.1f} s; with git's",
        )


def catch_up(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """Bringing a database up over many versions of a growing file, against a fifth of them."""
    few, many = (seconds_for_each(place, count) for count in (sizes.commits // 5, sizes.commits))
    yield Figure(
        f"each of {sizes.commits:,} versions at once",
        f"{many / few:.2f} × of {sizes.commits // 5:,}",
        "≤ 1.25 ×",
        many / few <= 1.25,
        f"{many * 1000:.0f} ms against {few * 1000:.0f} ms",
    )


def watch(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """A poll of a large repository in which there is nothing new, and a daemon that polls many."""
    pair = polled(place, sizes.history, sizes.history, sizes.rounds)
    yield Figure(
        f"polling {sizes.history:,} commits and files",
        f"{pair.ratio:.2f} × git ls-remote",
        "≤ 1.30 × git ls-remote",
        pair.ratio <= 1.3,
        f"{pair.ours.seconds * 1000:.1f} ms against {pair.theirs.seconds * 1000:.1f} ms",
    )
    found = cost(place, sizes.repositories, sizes.interval, sizes.seconds)
    yield Figure(
        f"watching {sizes.repositories} repositories, every {sizes.interval} s",
        f"{found.share:.0%} of a core, {found.memory / _MEGABYTE:.0f} MB",
        f"< 20 %, < {_MOST_MEMORY // _MEGABYTE} MB",
        found.share < 0.2 and found.memory < _MOST_MEMORY and not found.connections,
        f"{found.in_git:.0%} in git; {found.connections} connections to the targets",
    )


Row = Callable[[Place, Sizes], Iterator[Figure]]

ROWS: dict[str, Row] = {
    "local": local,
    "link": link,
    "resolve": resolve,
    "plan": plan,
    "lex": lex,
    "copy": copy,
    "derive": derive,
    "rehearse": rehearse,
    "catch-up": catch_up,
    "memory": memory,
    "watch": watch,
}
"""All of them by name, in the order of the table."""


def _of(sizes: Sizes) -> str:
    return f"{sizes.files:,} files, {sizes.statements:,} statements"


def _against_psql(what: str, pair: Pair, most: float) -> Figure:
    return Figure(
        what,
        f"{pair.ratio:.2f} × psql",
        f"≤ {most:.2f} × psql",
        pair.ratio <= most,
        f"{pair.ours.seconds:.2f} s against {pair.theirs.seconds:.2f} s",
    )


def _in_time(what: str, seconds: float, most: float) -> Figure:
    return Figure(what, f"{seconds:.3f} s", f"≤ {most} s", seconds <= most, "")
