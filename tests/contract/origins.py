"""The kinds of repository that the contract is checked on. A new kind is one more function in KINDS."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.contract.svnserver import svn_server
from tests.gitrepo import GitRepo
from tests.svnrepo import SvnRepo

from mainsql.source.access import Access
from mainsql.source.open import open_repository
from mainsql.source.repository import Repository

Files = Mapping[str, str | bytes | None]


class Origin(Protocol):
    """A repository to commit to, and its URL for mainsql to read it by."""

    url: str
    branch: str | None
    """What names the watched branch, beside the URL."""
    any_name: bool
    """Whether names of files may have control characters in them."""

    def commit(self, files: Files, message: str = "a change", *, author: str = "Ada <a@b.c>") -> str:
        """Commits to the branch that is watched by default, and gives the commit's id."""

    def rewrite(self, files: Files) -> str:
        """Makes the branch anew, with one commit that has nothing before it, and gives its id."""

    def remove(self) -> None:
        """Takes the branch away."""

    def close(self) -> None:
        """Ends what runs for it."""


@dataclass
class GitOrigin:
    """A git repository that is committed to in ``repo`` and read at ``url``."""

    repo: GitRepo
    url: str
    bare: Path | None = None
    branch: str | None = "main"
    any_name: bool = True

    def commit(self, files: Files, message: str = "a change", *, author: str = "Ada <a@b.c>") -> str:
        commit_id = self.repo.commit(files, message, author=author)
        self.publish()
        return commit_id

    def rewrite(self, files: Files) -> str:
        self.repo.git("checkout", "--quiet", "--orphan", "new")
        self.repo.git("rm", "--quiet", "-r", "--force", ".")
        commit_id = self.repo.commit(files, "another history")
        self.repo.branch("main")
        self.publish()
        return commit_id

    def remove(self) -> None:
        self.repo.branch("another")
        self.repo.git("branch", "--quiet", "-D", "main")
        self.publish()

    def close(self) -> None:
        """Nothing runs for it."""

    def publish(self) -> None:
        """Makes what was done in ``repo`` visible at ``url``."""
        if self.bare:
            self.repo.push(self.bare)


def git_checkout(folder: Path) -> GitOrigin:
    """A work tree, read in place."""
    repo = GitRepo(folder / "shop")
    return GitOrigin(repo, str(repo.path))


def git_bare(folder: Path) -> GitOrigin:
    """A bare repository, read in place."""
    origin = GitOrigin(GitRepo(folder / "work"), str(folder / "shop.git"), folder / "shop.git")
    origin.publish()
    return origin


def git_mirror(folder: Path) -> GitOrigin:
    """A bare repository, read through a mirror."""
    origin = git_bare(folder)
    origin.url = (folder / "shop.git").as_uri()
    return origin


@dataclass
class SvnOrigin:
    """The trunk of a Subversion repository, committed to in ``repo`` and read at ``url``."""

    repo: SvnRepo
    url: str
    running: ExitStack = field(default_factory=ExitStack)
    branch: str | None = None
    any_name: bool = False

    def commit(self, files: Files, message: str = "a change", *, author: str = "Ada <a@b.c>") -> str:
        return self.repo.commit(files, message, author=author)

    def rewrite(self, files: Files) -> str:
        if self.repo.there:
            self.remove()
        return self.repo.commit(files, "another history")

    def remove(self) -> None:
        self.repo.remove()

    def close(self) -> None:
        self.running.close()


def svn_file(folder: Path) -> SvnOrigin:
    """A repository on this machine."""
    repo = SvnRepo(folder / "shop")
    return SvnOrigin(repo, f"{repo.url}/trunk")


def svn_serve(folder: Path) -> SvnOrigin:
    """A repository behind svnserve."""
    origin = SvnOrigin(SvnRepo(folder / "shop"), "")
    origin.url = origin.running.enter_context(svn_server(folder)).url("shop/trunk")
    return origin


GIT_KINDS: tuple[Callable[[Path], GitOrigin], ...] = (git_checkout, git_bare, git_mirror)
SVN_KINDS: tuple[Callable[[Path], SvnOrigin], ...] = (svn_file, svn_serve)
KINDS: tuple[Callable[[Path], Origin], ...] = (*GIT_KINDS, *SVN_KINDS)


@dataclass
class Opener:
    """Opens repositories with one state folder, and closes them at the end of the test."""

    state: Path
    opened: ExitStack = field(default_factory=ExitStack)

    def __call__(
        self,
        url: str,
        branch: str | None = None,
        *,
        fetch: bool = True,
        tags: tuple[str, ...] = (),
        access: Access | None = None,
        partial: bool = False,
    ) -> Repository:
        repository = open_repository(
            url, branch=branch, state=self.state, tags=tags, access=access, partial=partial
        )
        self.opened.callback(repository.close)
        if fetch:
            repository.fetch()
        return repository


class Processes(list[tuple[str, ...]]):
    """The arguments of every process that this one has started since the fixture was asked for."""


listening: list[Processes] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        for processes in listening:
            processes.append(tuple(os.fsdecode(a) for a in arguments[1]))  # type: ignore[attr-defined]


sys.addaudithook(_hear)  # there is no way to take one out again
