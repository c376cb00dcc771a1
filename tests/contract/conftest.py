"""Fixtures of the contract suite: a repository of each kind, and how mainsql opens it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.origins import (
    GIT_KINDS,
    KINDS,
    SVN_KINDS,
    GitOrigin,
    Opener,
    Origin,
    Processes,
    SvnOrigin,
    listening,
)
from tests.gitrepo import ISOLATED


@pytest.fixture
def processes() -> Iterator[Processes]:
    listening.append(heard := Processes())
    yield heard
    listening.remove(heard)


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """mainsql's git, too, sees nothing of the configuration of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_"))]:
        monkeypatch.delenv(name)
    for name, value in ISOLATED.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path / "state")
    with opener.opened:
        yield opener


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def origin(request: pytest.FixtureRequest, tmp_path: Path, requires: Callable[..., None]) -> Iterator[Origin]:
    if request.param in SVN_KINDS:
        requires("svn")
    made: Origin = request.param(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=GIT_KINDS, ids=lambda kind: kind.__name__)
def git_origin(request: pytest.FixtureRequest, tmp_path: Path) -> GitOrigin:
    made: GitOrigin = request.param(tmp_path)
    return made


@pytest.fixture(params=SVN_KINDS, ids=lambda kind: kind.__name__)
def svn_origin(
    request: pytest.FixtureRequest, tmp_path: Path, requires: Callable[..., None]
) -> Iterator[SvnOrigin]:
    requires("svn")
    made: SvnOrigin = request.param(tmp_path)
    yield made
    made.close()
