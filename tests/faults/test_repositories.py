"""What may happen to a repository, and what becomes of the deploys that follow.

It is read in place, and through a mirror.
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.gitrepo import GitRepo

from mainsql.config import RepositoryConfig, TreeConfig
from mainsql.errors import SourceError
from mainsql.model import UndoPolicy
from mainsql.operations.controlling import accept_history
from mainsql.operations.deploying import reconcile
from mainsql.operations.loading import Trees
from mainsql.operations.outcome import Outcome, State
from mainsql.operations.target import Deployment, Target
from mainsql.operations.telling import standing
from mainsql.source.open import open_repository

_LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


class Origin:
    """A repository from which a tree is deployed as the daemon does it: fetch, look at the head, go there."""

    def __init__(self, folder: Path, dsn: str, *, mirrored: bool, main: str | None = "main.sql") -> None:
        self.repo = GitRepo(folder / "shop")
        self.mirrors = folder / "mirrors"
        url = self.repo.path.as_uri() if mirrored else str(self.repo.path)
        self.source = open_repository(url, branch=None, state=self.mirrors)
        config = TreeConfig("shop", RepositoryConfig("source", url, None, 5.0), main)
        self.target = Target("test", "shop", dsn, undo=UndoPolicy.OPTIONAL)
        self.deployment = Deployment(self.target, Trees(self.source, config))

    def deploy(self) -> Outcome:
        self.source.fetch()
        return reconcile(self.deployment, self.source.head())

    def commit(self, number: int, *, date: datetime | None = None) -> str:
        """Adds a file with a table of that number."""
        included = "".join(f"\\i t{n}.sql\n" for n in range(1, number + 1))
        files = {"main.sql": included, f"t{number}.sql": f"create table t{number} ();\n"}
        return self.repo.commit(files, f"table {number}", date=date)

    def versions(self) -> list[str]:
        """What was deployed, in order."""
        return [version.commit.subject for version in standing(self.target).history.versions]

    def objects(self) -> Path:
        """Where git keeps the objects that mainsql reads."""
        mirrors = list(self.mirrors.glob("*/objects"))
        return mirrors[0] if mirrors else self.repo.path / ".git" / "objects"


@pytest.fixture(params=[False, True], ids=["in place", "mirrored"])
def origin(request: pytest.FixtureRequest, tmp_path: Path, database) -> Iterator[Origin]:
    origin = Origin(tmp_path, database.dsn, mirrored=request.param)
    yield origin
    origin.source.close()


def test_a_forced_push_needs_a_person(origin: Origin) -> None:
    first = origin.commit(1)
    origin.commit(2)
    assert origin.deploy().version == 1
    origin.repo.reset(first)
    origin.commit(3)
    outcome = origin.deploy()
    assert outcome.state is State.REFUSED
    assert "history was rewritten" in (outcome.report or "")
    assert "Nothing was changed: shop@test is still at version 1." in (outcome.report or "")
    accept_history(origin.target, "a test")
    assert origin.deploy().state is State.FAILED  # t2.sql is missing now: it is looked at, and no more


def test_a_branch_that_is_deleted_changes_nothing_and_may_come_back(origin: Origin) -> None:
    head = origin.commit(1)
    assert origin.deploy().version == 1
    origin.repo.git("checkout", "--quiet", "--detach")
    origin.repo.git("branch", "-D", "main")
    origin.repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    with pytest.raises(SourceError) as raised:
        origin.deploy()
    assert "main" in raised.value.report() or "no commits" in raised.value.report()
    origin.repo.git("update-ref", "refs/heads/main", head)
    origin.commit(2)
    assert [done.version for done in origin.deploy().deployed] == [2]


def test_a_main_script_that_is_renamed_is_named(origin: Origin) -> None:
    origin.commit(1)
    assert origin.deploy().version == 1
    origin.repo.git("mv", "main.sql", "database.sql")
    origin.repo.commit({}, "renamed")
    outcome = origin.deploy()
    assert outcome.state is State.FAILED
    assert "main.sql" in (outcome.report or "")
    assert "Nothing was changed: shop@test is still at version 1." in (outcome.report or "")
    origin.repo.git("mv", "database.sql", "main.sql")
    origin.repo.commit({}, "renamed again")
    origin.commit(2)
    assert [done.version for done in origin.deploy().deployed] == [2]


def test_packing_in_the_middle_is_no_trouble(origin: Origin) -> None:
    for number in range(1, 6):
        origin.commit(number)
        assert origin.deploy().version == number
        repositories = [origin.repo.path / ".git", *origin.mirrors.glob("*/")]
        for each in repositories:
            origin.repo.git("--git-dir", str(each), "gc", "--quiet", "--prune=now")
            origin.repo.git("--git-dir", str(each), "repack", "-a", "-d", "-f", "--quiet")


def test_commits_come_in_the_order_of_history_whatever_their_dates(origin: Origin) -> None:
    now = _LONG_AGO
    origin.commit(1, date=now)
    assert origin.deploy().version == 1
    origin.commit(2, date=now)  # in the same second
    origin.commit(3, date=now)
    origin.commit(4, date=now - timedelta(days=4000))
    origin.commit(5, date=now + timedelta(days=9000))
    origin.commit(6, date=now)
    assert [done.version for done in origin.deploy().deployed] == [2, 3, 4, 5, 6]
    assert origin.versions() == [f"table {n}" for n in range(1, 7)]


def test_hundreds_of_commits_at_once_come_one_by_one(origin: Origin, database) -> None:
    origin.repo.commit({"main.sql": _lines(1)}, "line 1")
    assert origin.deploy().version == 1
    origin.repo.import_commits(_commits())
    outcome = origin.deploy()
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 51)
    assert origin.versions() == [f"line {n}" for n in range(1, 52)]
    assert database.execute("select array_agg(n order by at) from lines") == [([*range(1, 52)],)]


def _lines(number: int) -> str:
    """A main script to which a line was added so many times."""
    table = "create table lines (at bigint generated always as identity, n int);\n"
    return table + "".join(f"insert into lines (n) values ({n});\n" for n in range(1, number + 1))


def _commits() -> Iterator[tuple[str, dict[str, str]]]:
    """500 of them, each tenth with a line more."""
    for number in range(500):
        line, rest = divmod(number, 10)
        yield (
            ("a note", {"README": f"{number}"})
            if rest
            else (f"line {line + 2}", {"main.sql": _lines(line + 2)})
        )


def test_objects_that_are_broken_change_nothing_and_the_report_says_what_to_do(origin: Origin) -> None:
    origin.commit(1)
    assert origin.deploy().version == 1
    origin.commit(2)
    origin.source.fetch()
    origin.source.close()
    _break_objects(origin.objects())
    with pytest.raises(SourceError, match="is corrupt") as raised:
        origin.deploy()
    assert standing(origin.target).history.number == 1
    hint = raised.value.hint or ""
    mirrors = [folder for folder in origin.mirrors.glob("*/") if f"remove '{folder}'" in hint]
    if not mirrors:
        assert "git fsck" in hint
        return
    shutil.rmtree(mirrors[0])
    assert origin.deploy().version == 2


def _break_objects(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".idx" and path.stat().st_size > 20 and "info" not in path.parts:
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:12] + b"x" * 8)
