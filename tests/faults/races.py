"""Daemons and command lines at work on one target, all at once, while commits come and daemons are killed."""

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psycopg2
from tests.faults.proxy import Fault, Proxy, Way, place
from tests.faults.runs import PATIENCE, Zygote
from tests.faults.states import Row, settled_state
from tests.faults.stories import repository

_WATCH = ("watch", "--log-format", "json", "--interval", "100ms")
_GOOD_CODES = (0, 3, 4)
"""Done, refused, later."""
_SIGNS_OF_A_BUG = ("Traceback", '"event": "bug"', '"event": "failed"', "failed:")
_MOST_MESSAGES = 300
"""A daemon is killed at one of its first so many messages."""

_MAIN = "\\i log.sql\n"
_LOG = "create table log (position bigint generated always as identity, unit int, what text);\n"
_RAN = """
select unit from mainsql.steps s join mainsql.versions v using (tree, version)
where tree = 'shop' and action = 'run' and rolled_back_at is null
"""
_TABLES = "select tablename from pg_tables where schemaname = 'public'"
_LIVE = "select version from mainsql.versions where tree = 'shop' and rolled_back_at is null"


class Race:
    """A target on which ``daemons`` and ``operators`` race, each with a zygote of its own.

    ``seed`` decides what operators say, and where daemons are killed. Each commit waits until the
    operators have done so many ``turns``.
    """

    def __init__(
        self, folder: Path, server: Path, dsn: str, *, daemons: int, operators: int, turns: int, seed: int
    ) -> None:
        self._repository = repository(folder)
        self._server = server
        self._dsn = dsn
        self._daemons = daemons
        self._operators = operators
        self._turns = turns
        self._seed = seed
        self._commits = 0
        self._over = threading.Event()
        self._turn = threading.Semaphore(0)
        self.kills = 0
        self.said: Counter[str] = Counter()

    def run(self, zygotes: Sequence[Zygote], commits: int) -> None:
        """Makes so many commits, and waits until they are there, whatever comes in between.

        Raises AssertionError for a ledger or a database that is not as it must be.
        """
        self._commit()
        self._mainsql(zygotes[0], "deploy")
        chances = [random.Random(f"{self._seed} {n}") for n in range(len(zygotes))]  # noqa: S311
        work = [self._watch] * self._daemons + [self._operate] * self._operators
        with ThreadPoolExecutor(len(work)) as threads:
            racing = [threads.submit(*each) for each in zip(work, zygotes, chances, strict=True)]
            try:
                for _ in range(commits):
                    self._commit()
                    self._await_turns(racing)
            finally:
                self._over.set()
            for each in racing:
                each.result()
        self._check()
        # What was taken back may come again; then all of it must be there.
        self._mainsql(zygotes[0], "resume", "--yes")
        self._mainsql(zygotes[0], "deploy")
        self._check()
        there = {name for (name,) in self._query(_TABLES)}
        assert there == {"log", *(f"t{n}" for n in range(1, self._commits))}

    def _commit(self) -> None:
        """Adds a unit to the tree, with its undo; both are written down in the database's own log."""
        n, self._commits = self._commits, self._commits + 1
        if n == 0:
            self._repository.commit({"main.sql": _MAIN, "log.sql": _LOG})
            return
        included = "".join(f"\\i t{number}.sql\n" for number in range(1, n + 1))
        self._repository.commit(
            {
                "main.sql": _MAIN + included,
                f"t{n}.sql": f"create table t{n} ();\ninsert into log (unit, what) values ({n}, 'made');\n",
                f"t{n}.undo.sql": f"drop table t{n};\ninsert into log (unit, what) values ({n}, 'taken');\n",
            },
            f"table {n}",
        )

    def _await_turns(self, racing: Sequence["Future[None]"]) -> None:
        for _ in range(self._turns):
            assert self._turn.acquire(timeout=PATIENCE), "the operators do not come to an end"
            for each in racing:
                if each.done():
                    each.result()

    def _watch(self, zygote: Zygote, chances: random.Random) -> None:
        """A daemon that is killed -9 somewhere, and started again, until the race is over."""
        while not self._over.is_set():
            fault = Fault(Way.HOLD, place(chances.randrange(1, _MOST_MESSAGES)))
            with (
                Proxy(self._server, fault) as proxy,
                zygote.start(
                    *_WATCH,
                    folder=self._repository.path,
                    environment={"MAINSQL_DATABASE": proxy.dsn(self._dsn)},
                ) as run,
            ):
                while not proxy.reached.wait(0.1) and not self._over.is_set():
                    pass
                self.kills += proxy.reached.is_set()
                run.kill()
                proxy.settle()
                _check_said(run.text)

    def _operate(self, zygote: Zygote, chances: random.Random) -> None:
        """Somebody who deploys, takes back, and lets go on, one thing after the other."""
        while not self._over.is_set():
            self._operations[chances.randrange(len(self._operations))](self, zygote, chances)
            self._turn.release()

    def _deploy(self, zygote: Zygote, _: random.Random) -> None:
        self._mainsql(zygote, "deploy")

    def _roll_back(self, zygote: Zygote, chances: random.Random) -> None:
        live = [version for (version,) in self._query(_LIVE)]
        self._mainsql(zygote, "rollback", "--to", str(chances.choice(live[-4:])), "--yes")

    def _resume(self, zygote: Zygote, _: random.Random) -> None:
        self._mainsql(zygote, "resume", "--yes")

    _operations: tuple[Callable[["Race", Zygote, random.Random], None], ...] = (_deploy, _roll_back, _resume)

    def _mainsql(self, zygote: Zygote, *arguments: str) -> None:
        with zygote.start(
            *arguments, folder=self._repository.path, environment={"MAINSQL_DATABASE": self._dsn}
        ) as run:
            code = run.wait()
            assert code in _GOOD_CODES, f"{arguments}: {code}, {run.text}"
            _check_said(run.text)
            self.said[f"{arguments[0]}: {code}"] += 1

    def _check(self) -> None:
        """Nothing was done twice, and what the ledger says is there, is."""
        settled_state(self._dsn)  # numbers without gaps, and the chain of hashes
        ran = Counter(unit.removesuffix(".sql") for (unit,) in self._query(_RAN))
        assert set(ran.values()) == {1}, f"more than once in versions that stand: {ran}"
        tables = {
            name for (name,) in self._query("select tablename from pg_tables where schemaname = 'public'")
        }
        assert tables == ran.keys()
        told: dict[int, list[str]] = {}
        for unit, what in self._query("select unit, what from log order by position"):
            told.setdefault(unit, []).append(what)
        for unit, story in told.items():
            assert story == [("made", "taken")[n % 2] for n in range(len(story))], f"t{unit}: {story}"
            assert (story[-1] == "made") == (f"t{unit}" in tables), f"t{unit}: {story}"
        failures = self._query("select error from mainsql.attempts")
        assert not failures, failures

    def _query(self, sql: str) -> list[Row]:
        with contextlib.closing(psycopg2.connect(self._dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


def _check_said(said: str) -> None:
    assert not any(sign in said for sign in _SIGNS_OF_A_BUG), said
