"""Whatever was moved, copied and deleted: what a revision says that it changed is what differs."""

import random
from pathlib import Path

import pytest
from tests.contract.origins import Opener
from tests.svnrepo import SvnRepo

from mainsql.source.repository import Files

STEPS = 10


def contents(files: Files) -> set[tuple[str, object]]:
    return {(path, files.read(path)) for path in files.paths()}


def change(repo: SvnRepo, chance: random.Random, file: Path, name: str) -> None:
    """A random change of files and folders in the trunk and besides, or of which folder is the trunk."""
    listed = repo.svn("svnlook", "tree", "--full-paths", str(repo.path)).decode().split()
    folders = [path.rstrip("/") for path in listed if path.endswith("/") and path != "/"]
    files = [path for path in listed if not path.endswith("/")]
    inner = [path for path in folders if "/" in path]
    branches = [path for path in folders if "/" not in path and path != "trunk"]
    file.write_text(name)
    ways = [
        ["put", str(file), f"{chance.choice(folders)}/{name}.sql"],
        ["cp", "HEAD", chance.choice(folders), f"{chance.choice(folders)}/{name}"],
        ["cp", "HEAD", "trunk", name],
    ]
    if files:
        ways.append(["put", str(file), chance.choice(files)])
    if inner:
        moved = chance.choice(inner)
        outside = [path for path in folders if not f"{path}/".startswith(f"{moved}/")]
        ways += [["mv", moved, f"{chance.choice(outside)}/{name}"], ["rm", moved]]
    if branches:
        ways.append(["rm", "trunk", "cp", "HEAD", chance.choice(branches), "trunk"])
        ways[-1] += ["put", str(file), f"trunk/{name}.sql"]
    repo.change(*chance.choice(ways))


@pytest.mark.parametrize("seed", range(4))
def test_what_a_revision_says_that_it_changed_is_what_differs(
    requires, tmp_path: Path, opener: Opener, seed: int
) -> None:
    requires("svn")
    chance = random.Random(seed)  # noqa: S311 - nothing is secret here
    repo = SvnRepo(tmp_path / "shop")
    repo.commit({"a.sql": "1", "s/b.sql": "1", "s/t/c.sql": "1"})
    for number in range(STEPS):
        change(repo, chance, tmp_path / "file", f"n{number}")
    repository = opener(f"{repo.url}/trunk")
    head = repository.head().id
    there = [f"r{n}" for n in range(1, STEPS + 2) if repository.is_ancestor(f"r{n}", head)]
    changes = repository.changes(there[0], head)
    assert [each.commit.id for each in changes] == there[1:]
    for before, each in zip(there, changes, strict=False):
        old, new = contents(repository.files(before)), contents(repository.files(each.commit.id))
        assert each.paths == {path for path, _ in old ^ new}
