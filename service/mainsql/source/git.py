"""A git repository as a source of commits: its objects are read in place, without a checkout."""

import difflib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.model import Commit, Stored
from mainsql.source.access import Access
from mainsql.source.commits import FIELDS, FORMAT, LOG, as_commit
from mainsql.source.gitprogram import GitProgram, Outcome
from mainsql.source.keys import Keys
from mainsql.source.links import follow
from mainsql.source.location import name_in, parse_location
from mainsql.source.mirror import Mirror, Seen
from mainsql.source.objects import MOST_AHEAD, ObjectReader
from mainsql.source.references import Reference, Tag, checked, tags_in
from mainsql.source.repository import Change, Files, Signature
from mainsql.source.signatures import Signatures

_LISTINGS_KEPT = 4
_SHOWN = 10
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LINK, _SUBMODULE = "120000", "160000"
_OF_MIRROR = "; only what came with the last change of the watched branch is known here"
_LOG = (*LOG, f"--format={FORMAT}")


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

    ``reference`` is what to watch; HEAD, with a mirror, is that of the origin.
    """

    def __init__(
        self,
        git: GitProgram,
        *,
        name: str,
        location: str,
        reference: Reference,
        mirror: Mirror | None = None,
    ) -> None:
        self._git = git
        self._name = name
        self._location = location
        self._reference = reference
        self._mirror = mirror
        self._reader = ObjectReader(git, partial=mirror is not None and mirror.partial)
        self._signatures = Signatures(git, self._reader)
        self._lock = threading.Lock()
        self._listings: OrderedDict[str, GitFiles] = OrderedDict()
        self._head: tuple[Seen, Commit] | None = None

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
        """The branch that is watched, or ``tags`` with their patterns, or ``HEAD`` where that is on none."""
        if self._reference.tags:
            return f"tags {', '.join(self._reference.tags)}"
        if self._reference.branch:
            return self._reference.branch
        head = self._git.run("symbolic-ref", "-q", "HEAD").text.strip()
        return head.removeprefix("refs/heads/") if head.startswith("refs/heads/") else "HEAD"

    def fetch(self) -> None:
        """Brings the mirror up to date; nothing for a repository that is read in place."""
        if self._mirror:
            self._mirror.fetch()

    def head(self) -> Commit:
        """The newest commit of what is watched. Raises SourceError when there is none."""
        seen = self._mirror.seen if self._mirror else None
        if self._head is not None and self._head[0] == seen:
            return self._head[1]
        found = self._git.run(*_LOG, "-1", self._newest(seen), "--")
        if found.status:
            raise self._no_head(found)
        commit = as_commit(found.output.split(b"\0"))
        self._head = (seen, commit) if seen else None
        return commit

    def _newest(self, seen: Seen | None) -> str:
        """What git finds the newest commit by: as the origin had it, if that was asked."""
        if not self._reference.tags:
            return seen.references[0][1] if seen else self._reference.name
        tags = self._tags()
        if not tags:
            raise self._no_tag()
        there = dict(seen.references) if seen else {tag.name: tag.object_id for tag in tags}
        return next((there[tag.name] for tag in tags if tag.name in there), tags[0].object_id)

    def _tags(self) -> list[Tag]:
        """Those that count, the newest version first."""
        return [t for t in tags_in(self._git) if t.is_on_commit and self._reference.takes(t.name)]

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
        return as_commit(self._log("-1", commit_id, "--").output.split(b"\0"))

    def files(self, commit_id: str) -> GitFiles:
        """The files of a commit. Raises SourceError when it is not there.

        From a partial mirror, also SourceUnavailable: its scripts are fetched now.
        """
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
            raise self._unreadable(found)
        return found.status == 0

    def still_has(self, commit: Commit) -> bool:
        """True: nothing else has its hash."""
        return True

    def changes(self, base: str, head: str) -> Sequence[Change]:
        """The first-parent commits after ``base`` up to and including ``head``, oldest first.

        Where tags are watched, those that have one, with what came since the one before, and ``head``.
        A merge has the paths in which it differs from its first parent, a renamed file both its
        names. Raises SourceError when one of the two is not there.
        """
        span = f"{self._known(base)}..{self._known(head)}"
        arguments = ("--first-parent", "--reverse", "-m", "--raw", "--no-renames", "--no-abbrev")
        changes = list(_changes(self._log(*arguments, span, "--").output))
        return list(self._released(changes)) if self._reference.tags else changes

    def _released(self, changes: Sequence[Change]) -> Iterable[Change]:
        tags = [tag.object_id for tag in self._tags()] if changes else []
        peeled = self._git.run("rev-parse", *(f"{each}^{{commit}}" for each in tags)).text.split()
        paths: frozenset[str] = frozenset()
        for change in changes:
            paths |= change.paths
            if change.commit.id in peeled or change is changes[-1]:
                yield Change(change.commit, paths)
                paths = frozenset()

    def signatures(self, commit_id: str, after: Collection[str] | None, keys: Keys) -> Sequence[Signature]:
        """The signatures of a commit, and of what it brings besides ``after``; see ``Repository``."""
        return self._signatures.of(self._known(commit_id), after, keys)

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
        if self._mirror:
            self._mirror.complete(
                commit_id, [each for path, each in regular.items() if path.endswith(".sql")]
            )
        return GitFiles(commit_id, regular, special, self._reader)

    def _log(self, *arguments: str) -> Outcome:
        found = self._git.run(*_LOG, *arguments)
        if found.status:
            raise self._unreadable(found)
        return found

    def _unreadable(self, outcome: Outcome) -> SourceError:
        copy = (
            f"remove '{self._mirror.folder}': it is only a copy, and is fetched anew"
            if self._mirror
            else None
        )
        if self._mirror is None and not Path(self.location).exists():
            return SourceError(
                f"'{self.location}' is not there any more",
                hint="mount it, or put it back; or name the place where it is now",
            )
        return SourceError(
            f"git cannot read the history of {self._name}: {outcome.reason}",
            hint=copy or "look with `git fsck` in it; in a shallow clone, fetch what is missing",
        )

    def _known(self, commit_id: str) -> str:
        if not _ID.fullmatch(commit_id):
            raise SourceError(f"'{commit_id}' is not the id of a commit of {self._name}")
        return commit_id

    def _no_tag(self) -> SourceError:
        if self._mirror and not self._mirror.fetched:
            return SourceUnavailable(f"nothing has been fetched from {self._location} yet")
        there = [tag.short for tag in tags_in(self._git)]
        more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        return SourceError(
            f"{self._name} has no tag on a commit that matches {' or '.join(self._reference.tags)}",
            hint=f"its tags are: {', '.join(there[:_SHOWN])}{more}" if there else "it has no tags yet",
        )

    def _no_head(self, outcome: Outcome) -> SourceError:
        listed = self._git.run("for-each-ref", "--format=%(refname)", "refs/heads")
        branches = [line.removeprefix("refs/heads/") for line in listed.text.splitlines()]
        watched = self.watched
        if listed.status or watched in branches:
            return self._unreadable(outcome)
        if self._mirror and not self._mirror.fetched:
            return SourceUnavailable(f"nothing has been fetched from {self._location} yet")
        if not branches:
            return SourceError(
                f"{self._name} has no commits yet", hint="commit something to it, and look again"
            )
        alike = difflib.get_close_matches(watched, branches, n=_SHOWN, cutoff=0)
        more = len(branches) - len(alike)
        there = ", ".join(alike) + (f" and {more} more" if more else "")
        if self._reference.branch:
            return SourceError(
                f"{self._name} has no branch '{self._reference.branch}'", hint=f"its branches are: {there}"
            )
        return SourceError(
            f"the HEAD of {self._name} names a branch that has no commits",
            hint=f"say which branch to watch; there are: {there}",
        )


def open_git(
    url: str,
    *,
    branch: str | None,
    state: Path,
    tags: tuple[str, ...] = (),
    access: Access | None = None,
    partial: bool = False,
) -> GitRepository:
    """Opens what git can fetch from, through a mirror under ``state``. Raises SourceError."""
    reference = checked(branch, tags)
    location = parse_location(url)
    mirror = Mirror(location, reference=reference, state=state, access=access or Access(), partial=partial)
    mirror.create()
    return GitRepository(
        mirror.git, name=location.name, location=location.url, reference=reference, mirror=mirror
    )


def open_checkout(path: Path, *, branch: str | None, tags: tuple[str, ...] = ()) -> GitRepository:
    """Opens the repository that a folder is in (a checkout or bare). Raises SourceError."""
    reference = checked(branch, tags)
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
    return GitRepository(git, name=name, location=location, reference=reference)


def _changes(log: bytes) -> Iterable[Change]:
    """Each commit is its fields, then for each path what changed (it starts with a colon) and the path."""
    tokens = log.split(b"\0")
    here = 0
    while here + FIELDS <= len(tokens):
        commit = as_commit(tokens[here:])
        here += FIELDS
        paths = set()
        while tokens[here].lstrip(b"\n").startswith(b":"):
            paths.add(tokens[here + 1].decode("utf-8", "surrogateescape"))
            here += 2
        yield Change(commit, frozenset(paths))
