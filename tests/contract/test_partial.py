"""Mirrors that have only the contents of what was read."""

import os
from pathlib import Path

import pytest
from tests.contract.githttp import git_server
from tests.contract.origins import GitOrigin, Opener, Processes, git_mirror
from tests.gitrepo import GitRepo

from mainsql.errors import SourceUnavailable
from mainsql.source.access import Access

FILES = 300


@pytest.fixture
def origin(tmp_path: Path) -> GitOrigin:
    """A bare repository at a file:// URL, whose server can filter."""
    origin = git_mirror(tmp_path)
    origin.repo.git("--git-dir", str(origin.bare), "config", "uploadpack.allowFilter", "true")
    return origin


def commit(origin: GitOrigin, number: int) -> str:
    scripts = {f"{n}.sql": f"select {n}, {number};" for n in range(FILES)}
    return origin.commit({**scripts, "large.csv": f"{number}\n" * 1000})


def contents_in(opener: Opener) -> int:
    """How many files' contents are in the mirror."""
    (mirror,) = (path for path in opener.state.iterdir() if path.is_dir())
    listed = GitRepo(opener.state.with_name("reader")).git(
        *("--git-dir", str(mirror), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    )
    return listed.split().count(b"blob")


def fetches(processes: Processes) -> int:
    return sum(command[0] == "git" and "fetch" in command for command in processes)


def test_only_what_is_read_is_there_and_scripts_come_together(
    origin: GitOrigin, opener: Opener, processes: Processes
) -> None:
    first, second = commit(origin, 1), commit(origin, 2)
    repository = opener(origin.url, partial=True)
    assert contents_in(opener) == 0
    assert repository.head().id == second
    assert len(repository.changes(first, second)[0].paths) == FILES + 1
    processes.clear()
    files = repository.files(second)
    assert {path: files.read(path) for path in files.paths() if path != "large.csv"} == {
        f"{n}.sql": f"select {n}, 2;".encode() for n in range(FILES)
    }
    assert fetches(processes) == 1
    assert contents_in(opener) == FILES
    assert files.read("large.csv") == b"2\n" * 1000
    assert contents_in(opener) == FILES + 1
    third = origin.commit({"0.sql": "changed"})
    repository.fetch()
    processes.clear()
    assert repository.files(third).read("0.sql") == b"changed"
    assert fetches(processes) == 1
    assert contents_in(opener) == FILES + 2


def test_what_was_read_is_there_without_the_origin(origin: GitOrigin, opener: Opener, tmp_path: Path) -> None:
    first, second = commit(origin, 1), commit(origin, 2)
    opener(origin.url, partial=True).files(second)
    (tmp_path / "shop.git").rename(tmp_path / "away")
    repository = opener(origin.url, partial=True, fetch=False)
    assert repository.files(second).read("7.sql") == b"select 7, 2;"
    with pytest.raises(SourceUnavailable, match="git cannot read its object") as caught:
        repository.files(second).read("large.csv")
    assert "check the network and the origin" in (caught.value.hint or "")
    with pytest.raises(SourceUnavailable, match="cannot be fetched"):
        repository.files(first)
    (tmp_path / "away").rename(tmp_path / "shop.git")
    assert repository.files(first).read("7.sql") == b"select 7, 1;"


def test_what_may_be_under_way_is_not_swept_away(origin: GitOrigin, opener: Opener) -> None:
    commit(origin, 1)
    repository = opener(origin.url, partial=True)
    (pack,) = opener.state.glob("*/objects/pack")
    for name in ("tmp_pack_new", "tmp_pack_old"):
        (pack / name).touch()
    os.utime(pack / "tmp_pack_old", (0, 0))
    commit(origin, 2)
    repository.fetch()
    assert [left.name for left in pack.glob("tmp_*")] == ["tmp_pack_new"]


def test_a_server_that_cannot_filter_gives_all_of_it(
    origin: GitOrigin, opener: Opener, processes: Processes
) -> None:
    origin.repo.git("--git-dir", str(origin.bare), "config", "uploadpack.allowFilter", "false")
    commit(origin, 1), commit(origin, 2)
    repository = opener(origin.url, partial=True)
    assert contents_in(opener) == 2 * (FILES + 1)
    processes.clear()
    assert repository.files(repository.head().id).read("7.sql") == b"select 7, 2;"
    assert fetches(processes) == 0


def test_what_is_read_later_comes_with_the_same_password(
    origin: GitOrigin, opener: Opener, tmp_path: Path
) -> None:
    commit_id = commit(origin, 1)
    with git_server(tmp_path, "ada", "secret") as server:
        repository = opener(server.url("shop.git"), access=Access("ada", "secret"), partial=True)
        files = repository.files(commit_id)
        assert files.read("7.sql") == b"select 7, 1;"
        assert files.read("large.csv") == b"1\n" * 1000


def test_a_complete_mirror_and_a_partial_one_are_two(origin: GitOrigin, opener: Opener) -> None:
    commit(origin, 1)
    opener(origin.url, partial=True)
    opener(origin.url)
    assert len([path for path in opener.state.iterdir() if path.is_dir()]) == 2
