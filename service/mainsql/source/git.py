"""A git repository as a source of commits: its objects are read in place, without a checkout."""

import difflib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.model import Commit, Stored
from mainsql.source.gitprogram import GitProgram, Outcome
from mainsql.source.links import follow
from mainsql.source.location import name_in, parse_location
from mainsql.source.mirror import Mirror
from mainsql.source.objects import MOST_AHEAD, ObjectReader
from mainsql.source.repository import Change, Files

_LISTINGS_KEPT = 4
_BRANCHES_SHOWN = 10
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LAST_SECOND = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
_LINK, _SUBMODULE = "120000", "160000"
# Hash, committer's date, author's name and mail, message; NUL is what no commit has in it.
_FORMAT = "--format=%H%x00%ct%x00%an%x00%ae%x00%B"
_FIELDS = 5
_OF_MIRROR = "; only what came with the last change of the watched branch is known here"
# Whatever the user's configuration says, the output has one form.
_LOG = (
    *("-c", "log.showSignature=false", "-c", "log.showRoot=true"),
    *("-c", "log.diffMerges=first-parent"),
    *("log", "-z", "--encoding=UTF-8", _FORMAT),
)


class _Entry(NamedTuple):
    mode: str
    object_id: str


class GitFiles:
    """The files of one commit, listed once and read one by one when they are asked for.

    ``regular`` are the ids of its plain files' contents, ``special`` are links and submodules.
    """

    def __init__(
        self, commit_id: str, regular: Mapping[str, str], special: Mapping[str, _Entry], reader: ObjectReader
    ) -> None:
        self._commit_id = commit_id
        self._regular = regular
        self._special = special
        self._reader = reader
        self._scripts: list[str] | None = None
        self._order: dict[str, int] = {}

    def paths(self) -> Collection[str]:
        """The paths of all files and symbolic links; bytes that are not UTF-8 as lone surrogates."""
        return [*self._regular, *(path for path, entry in self._special.items() if entry.mode == _LINK)]

    def edited_since(self, before: Files, among: Collection[str]) -> frozenset[str] | None:
        """The paths ``among`` with other contents than before; None where more than contents differs."""
        if not isinstance(before, GitFiles) or before._special != self._special:
            return None
        old, new = before._regular, self._regular
        if old.keys() != new.keys() or not all(path in new for path in among):
            return None
        return frozenset(path for path in among if old[path] != new[path])

    def read(self, path: str) -> bytes | Stored | None:
        """The contents of a file, through symbolic links; None where the commit has no such file.

        Raises SourceError for a link that leaves the repository or leads back to itself, and for
        what lies in a submodule.
        """
        if (object_id := self._regular.get(path)) is not None:
            return self._contents(object_id)

        def link(here: str) -> str | None:
            entry = self._special.get(here)
            if entry is None:
                return None
            if entry.mode == _SUBMODULE:
                raise self._error(path, f"is in the submodule '{here}', which is not read")
            target = self._reader.read(entry.object_id)
            if isinstance(target, Stored):
                raise self._error(path, "is a symbolic link, but no path is as long as its target")
            return target.decode("utf-8", "surrogateescape")

        found = follow(path, self._regular.__contains__, link, lambda what: self._error(path, what))
        return None if found is None else self._contents(self._regular[found])

    def _contents(self, object_id: str) -> bytes | Stored:
        # Trees mostly include their scripts in the order of their names.
        if self._scripts is None:
            self._scripts = [each for path, each in self._regular.items() if path.endswith(".sql")]
            self._order = {each: number for number, each in enumerate(self._scripts)}
        begin = self._order.get(object_id, len(self._scripts)) + 1
        return self._reader.read(object_id, self._scripts[begin : begin + MOST_AHEAD])

    def _error(self, path: str, what: str) -> SourceError:
        return SourceError(
            f"'{path}' of commit {self._commit_id[:10]} {what}",
            hint="mainsql reads nothing but the files of the commit: put the file itself there",
        )


class GitRepository:
    """A git repository, in place or through a mirror; see ``Repository`` for what its methods do.

    ``branch`` is the branch to watch, None for whatever HEAD is (of the origin, with a mirror).
    """

    def __init__(
        self, git: GitProgram, *, name: str, location: str, branch: str | None, mirror: Mirror | None = None
    ) -> None:
        self._git = git
        self._name = name
        self._location = location
        self._branch = branch
        self._mirror = mirror
        self._reader = ObjectReader(git)
        self._lock = threading.Lock()
        self._listings: OrderedDict[str, GitFiles] = OrderedDict()

    @property
    def name(self) -> str:
        """The last part of its origin's URL, or the name of its folder, without ``.git``."""
        return self._name

    @property
    def location(self) -> str:
        """The top folder of its checkout or the bare repository, or its URL without user and password."""
        return self._location

    @property
    def watched(self) -> str:
        """The name of the branch that is watched, or ``HEAD`` where that is on no branch."""
        if self._branch:
            return self._branch
        head = self._git.run("symbolic-ref", "-q", "HEAD").text.strip()
        return head.removeprefix("refs/heads/") if head.startswith("refs/heads/") else "HEAD"

    def fetch(self) -> None:
        """Brings the mirror up to date; nothing for a repository that is read in place."""
        if self._mirror:
            self._mirror.fetch()

    def head(self) -> Commit:
        """The newest commit of the watched branch. Raises SourceError when there is none."""
        reference = f"refs/heads/{self._branch}" if self._branch else "HEAD"
        found = self._git.run(*_LOG, "-1", reference, "--")
        if found.status:
            raise self._no_head(found)
        return _commit(found.output.split(b"\0"))

    def commit(self, revision: str) -> Commit:
        """The commit that git-rev-parse(1) takes the revision for. Raises SourceError.

        With a mirror that is looked up in what was fetched.
        """
        found = self._git.run("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        commit_id = found.text.strip()
        if found.status or not _ID.fullmatch(commit_id):  # ^x is verified, and is no commit
            ambiguous = "is ambiguous" in found.messages and "short object ID" in found.messages
            wrong = "stands for several commits" if ambiguous else "is no commit"
            raise SourceError(
                f"'{revision}' {wrong} of {self._name}",
                hint="name a branch, a tag or a hash" + (_OF_MIRROR if self._mirror else ""),
            )
        return _commit(self._log("-1", commit_id, "--").output.split(b"\0"))

    def files(self, commit_id: str) -> GitFiles:
        """The files of a commit. Raises SourceError when it is not there."""
        with self._lock:
            if commit_id not in self._listings:
                self._listings[commit_id] = self._list(commit_id)
                if len(self._listings) > _LISTINGS_KEPT:
                    self._listings.popitem(last=False)
            self._listings.move_to_end(commit_id)
            return self._listings[commit_id]

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether one commit is the other or comes before it; False when either is not there.

        In a shallow clone nothing that was cut off is an ancestor of anything.
        """
        if not (_ID.fullmatch(ancestor) and _ID.fullmatch(descendant)):
            return False
        found = self._git.run("merge-base", "--is-ancestor", ancestor, descendant)
        if found.status > 1 and "Not a valid commit name" not in found.messages:
            raise SourceError(f"git cannot read the history of {self._name}: {found.reason}")
        return found.status == 0

    def changes(self, base: str, head: str) -> Sequence[Change]:
        """The first-parent commits after ``base`` up to and including ``head``, oldest first.

        A merge has the paths in which it differs from its first parent, a renamed file both its
        names. Raises SourceError when one of the two is not there.
        """
        span = f"{self._known(base)}..{self._known(head)}"
        arguments = ("--first-parent", "--reverse", "-m", "--raw", "--no-renames", "--no-abbrev")
        return list(_changes(self._log(*arguments, span, "--").output))

    def close(self) -> None:
        """Ends its processes, also a fetch under way. Using it again starts them anew."""
        if self._mirror:
            self._mirror.close()
        self._git.stop()
        self._reader.close()

    def _list(self, commit_id: str) -> GitFiles:
        listed = self._git.run("ls-tree", "-r", "-z", "--full-tree", self._known(commit_id))
        if listed.status:
            raise SourceError(
                f"{self._name} has no commit {commit_id}",
                hint="it may have gone with rewritten history, or be cut off in a shallow clone",
            )
        regular: dict[str, str] = {}
        special: dict[str, _Entry] = {}
        for line in listed.text.split("\0")[:-1]:
            what, _, path = line.partition("\t")
            mode, _, object_id = what.split(" ")
            if mode in (_LINK, _SUBMODULE):
                special[path] = _Entry(mode, object_id)
            else:
                regular[path] = object_id
        return GitFiles(commit_id, regular, special, self._reader)

    def _log(self, *arguments: str) -> Outcome:
        found = self._git.run(*_LOG, *arguments)
        if found.status:
            raise SourceError(f"git cannot read the history of {self._name}: {found.reason}")
        return found

    def _known(self, commit_id: str) -> str:
        if not _ID.fullmatch(commit_id):
            raise SourceError(f"'{commit_id}' is not the id of a commit of {self._name}")
        return commit_id

    def _no_head(self, outcome: Outcome) -> SourceError:
        listed = self._git.run("for-each-ref", "--format=%(refname)", "refs/heads")
        branches = [line.removeprefix("refs/heads/") for line in listed.text.splitlines()]
        watched = self.watched
        if listed.status or watched in branches:
            return SourceError(f"git cannot read the history of {self._name}: {outcome.reason}")
        if self._mirror and not self._mirror.fetched:
            return SourceUnavailable(f"nothing has been fetched from {self._location} yet")
        if not branches:
            return SourceError(
                f"{self._name} has no commits yet", hint="commit something to it, and look again"
            )
        alike = difflib.get_close_matches(watched, branches, n=_BRANCHES_SHOWN, cutoff=0)
        more = len(branches) - len(alike)
        there = ", ".join(alike) + (f" and {more} more" if more else "")
        if self._branch:
            return SourceError(
                f"{self._name} has no branch '{self._branch}'", hint=f"its branches are: {there}"
            )
        return SourceError(
            f"the HEAD of {self._name} names a branch that has no commits",
            hint=f"say which branch to watch; there are: {there}",
        )


def open_git(url: str, *, branch: str | None, state: Path) -> GitRepository:
    """Opens what git can fetch from, through a mirror under ``state``. Raises SourceError."""
    branch = _checked(branch)
    mirror = Mirror(location := parse_location(url), branch=branch, state=state)
    mirror.create()
    return GitRepository(mirror.git, name=location.name, location=location.url, branch=branch, mirror=mirror)


def open_checkout(path: Path, *, branch: str | None) -> GitRepository:
    """Opens the repository that a folder is in (a checkout or bare). Raises SourceError."""
    branch = _checked(branch)
    asked = ("--absolute-git-dir", "--git-common-dir", "--is-inside-work-tree", "--show-cdup")
    found = GitProgram(None).run("-C", str(path), "rev-parse", *asked)
    if found.status:
        raise SourceError(
            f"'{path}' is not in a git repository: {found.reason}",
            hint="name a checkout, a folder in one, a bare repository, or a URL that git can fetch",
        )
    git_dir, shared, inside, up = found.text.split("\n")[:4]
    git = GitProgram(Path(git_dir))
    origin = git.run("config", "--get", "remote.origin.url").text.strip()
    name = name_in(origin or os.path.realpath(path / shared))
    location = os.path.realpath(path / up) if inside == "true" else git_dir.removesuffix("/.git")
    return GitRepository(git, name=name, location=location, branch=branch)


def _checked(branch: str | None) -> str | None:
    if branch is None:
        return None
    branch = branch.removeprefix("refs/heads/")
    if branch.startswith("-") or GitProgram(None).run("check-ref-format", f"refs/heads/{branch}").status:
        raise SourceError(
            f"'{branch}' cannot be the name of a branch",
            hint="git-check-ref-format(1) says what can",
        )
    return branch


def _commit(fields: Sequence[bytes]) -> Commit:
    commit_id, seconds, name, mail, message = (field.decode("utf-8", "replace") for field in fields[:_FIELDS])
    at = datetime.fromtimestamp(min(int(seconds or 0), _LAST_SECOND), UTC)
    return Commit(commit_id, f"{name} <{mail}>", message, at)


def _changes(log: bytes) -> Iterable[Change]:
    """Each commit is its fields, then for each path what changed (it starts with a colon) and the path."""
    tokens = log.split(b"\0")
    here = 0
    while here + _FIELDS <= len(tokens):
        commit = _commit(tokens[here:])
        here += _FIELDS
        paths = set()
        while tokens[here].lstrip(b"\n").startswith(b":"):
            paths.add(tokens[here + 1].decode("utf-8", "surrogateescape"))
            here += 2
        yield Change(commit, frozenset(paths))
