"""A Subversion repository as a source of commits: the revisions of one folder of it."""

import hashlib
import io
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar, cast
from weakref import WeakSet

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.model import Commit
from mainsql.source.access import Access
from mainsql.source.exports import Export, Exports
from mainsql.source.keys import Keys
from mainsql.source.repository import Change, Signature
from mainsql.source.room import no_room, out_of_room
from mainsql.source.svnfiles import SvnFiles
from mainsql.source.svnfolder import SvnFolder
from mainsql.source.svnhistory import followed
from mainsql.source.svnlocation import SvnLocation, parse_svn_location
from mainsql.source.svnprogram import CONFIG_FOLDER
from mainsql.source.svnxml import Node

_REVISION = re.compile(r"r?([1-9][0-9]{0,8})", re.ASCII)
_ID = re.compile(r"r([1-9][0-9]{0,8})", re.ASCII)
_LISTINGS_KEPT = 4
_ANSWERS_KEPT = 64
_Answer = TypeVar("_Answer")


class SvnRepository:
    """A folder of a Subversion repository and its history; see ``Repository`` for what its methods do.

    A revision that touches the folder is a commit of it, also while it had another name. Revisions are
    looked up from the newest commit that was fetched: another folder may have had the name before.
    """

    def __init__(self, location: SvnLocation, *, state: Path) -> None:
        self._location = location
        self._state = state.absolute()
        self._folder = SvnFolder(location, self._state / CONFIG_FOLDER)
        self._exports = Exports(location.exports_in(self._state))
        self._lock = threading.Lock()
        self._exporting = threading.Lock()
        self._head: Commit | None = None
        self._why_none: tuple[str, str] | None = None
        self._answers: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._listings: OrderedDict[str, SvnFiles] = OrderedDict()
        self._streams: WeakSet[io.BufferedReader] = WeakSet()

    @property
    def name(self) -> str:
        """The last part of its URL before ``trunk``, ``branches/x`` or ``tags/x``."""
        return self._location.name

    @property
    def location(self) -> str:
        """The URL of the folder, without user and password."""
        return self._location.url

    @property
    def watched(self) -> str:
        """The branch, or ``HEAD`` where the URL goes to a folder that is none by its name."""
        return self._location.watched

    def fetch(self) -> None:
        """Asks for the newest commit; its files come when they are asked for."""
        self._prepare()
        newest = self._folder.newest()
        if newest is None:
            self._head, self._why_none = None, self._folder.explain()
        elif newest.commit != self._head:
            self._refuse_whole(newest.revision)
            self._head = newest.commit

    def head(self) -> Commit:
        """The newest commit that was fetched. Raises SourceError when there is none."""
        if (head := self._head) is not None:
            return head
        if self._why_none is None:
            raise SourceUnavailable(f"nothing has been fetched from {self.location} yet")
        message, hint = self._why_none
        raise SourceError(message, hint=hint)

    def commit(self, revision: str) -> Commit:
        """The commit that a revision (``r123``, ``123``, ``HEAD``) shows: itself, or the last before it.

        Raises SourceError when the folder was not there then.
        """
        if revision == "HEAD":
            return self.head()
        found = _REVISION.fullmatch(revision)
        head = self._head
        if found is not None:
            number = int(found[1])
            if head is not None and head.id == f"r{number}":
                return head
            # Younger than the newest commit, it is there or not, which the newest revision tells.
            peg = "HEAD" if head is None or number > _number(head.id) else head.id[1:]
            if (entry := self._folder.at(number, peg)) is not None:
                return entry.commit
        newest = f"; the newest one is {head.id}" if head else ""
        raise SourceError(
            f"'{revision}' is no commit of {self.name}", hint=f"name a revision, such as r123{newest}"
        )

    def files(self, commit_id: str) -> SvnFiles:
        """The files of a commit, exported unless they are. Raises SourceError when it is not there."""
        node = self._node(commit_id)
        if node is None:
            raise SourceError(
                f"{self.name} has no commit {commit_id}",
                hint="its folder may not have been there then, or be another one now",
            )
        key = _key(commit_id, node)
        with self._exporting:
            if key not in self._listings:
                export = self._attempt(lambda: self._exports.find(key)) or self._export(key, node)
                self._listings[key] = SvnFiles(
                    commit_id, export, lambda: self._export(key, node), self._streams
                )
                if len(self._listings) > _LISTINGS_KEPT:
                    self._listings.popitem(last=False)
            self._listings.move_to_end(key)
            return self._listings[key]

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether one commit is the other or in its history; False when either is not there."""
        if not (_ID.fullmatch(ancestor) and (node := self._node(descendant))):
            return False
        number = _number(ancestor)
        if number > node.revision:
            return False
        return self._answer(lambda: self._folder.touches(number, node), "touches", number, node)

    def still_has(self, commit: Commit) -> bool:
        """Whether the revision of its number was made at the same moment.

        Author and message may be corrected later (``svn propset --revprop``), and are then others.
        """
        if not _ID.fullmatch(commit.id):
            return False
        number, peg = _number(commit.id), self._head.id[1:] if self._head else "HEAD"
        found = self._answer(lambda: self._folder.at(number, peg), "at", number, peg)
        if found is None or found.revision != number:
            return False
        return found.commit.committed_at == commit.committed_at

    def changes(self, base: str, head: str) -> Sequence[Change]:
        """The commits after ``base`` up to and including ``head``, oldest first.

        Raises SourceError when one of the two is not there, or ``base`` is not in the history of ``head``.
        """
        node = self._node(head)
        if node is None:
            raise self._not_in_history(head)
        if not _ID.fullmatch(base):
            raise self._not_in_history(base)
        return self._answer(lambda: self._changes(node, _number(base)), "changes", node, base)

    def signatures(self, commit_id: str, after: Collection[str] | None, keys: Keys) -> Sequence[Signature]:
        """Raises SourceError: Subversion has none."""
        raise SourceError(
            f"the revisions of {self.name} cannot be signed: it is a Subversion repository",
            hint='say verify = "none" for it',
        )

    def close(self) -> None:
        """Ends what svn does now, and all that is being read. Using it again is possible."""
        self._folder.stop()
        for stream in list(self._streams):
            stream.close()

    def _changes(self, node: Node, base: int) -> list[Change]:
        entries = self._folder.history(node, base)
        if not entries or entries[0].revision != node.revision:
            raise self._not_in_history(f"r{node.revision}")
        if entries[-1].revision != base:
            raise self._not_in_history(f"r{base}")
        changes = []
        steps = list(followed(entries, node.path))
        for number, (entry, path, paths) in enumerate(steps[:-1]):
            if paths is None:
                before = steps[number + 1][0].revision
                paths = self._folder.differing(node.root, path, before, entry.revision)
            changes.append(Change(entry.commit, paths))
        return changes[::-1]

    def _node(self, commit_id: str) -> Node | None:
        """Where the folder was in a commit: the one that is watched now, else the one of its name then."""
        if not _ID.fullmatch(commit_id):
            return None
        number, peg = _number(commit_id), self._head.id[1:] if self._head else "HEAD"

        def look() -> Node | None:
            return self._folder.node(number, peg) or self._folder.node(number, str(number))

        return self._answer(look, "node", peg, number)

    def _answer(self, ask: Callable[[], _Answer], *question: object) -> _Answer:
        """What the server says, asked once as long as there is no new commit."""
        question = (self._head, *question)
        with self._lock:
            if question in self._answers:
                return cast("_Answer", self._answers[question])
        answer = ask()
        with self._lock:
            self._answers[question] = answer
            if len(self._answers) > _ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return answer

    def _export(self, key: str, node: Node) -> Export:
        if not node.is_folder:
            raise SourceError(
                f"{node.url} is a file in r{node.revision}", hint="name the folder that it is in"
            )
        return self._attempt(lambda: self._exports.make(key, lambda to: self._folder.export(node, to)))

    def _prepare(self) -> None:
        self._attempt(lambda: (self._state / CONFIG_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True))

    def _attempt(self, write: Callable[[], _Answer]) -> _Answer:
        try:
            return write()
        except OSError as error:
            if (said := no_room(str(error))) is not None:
                raise out_of_room(f"what comes from {self.location}", said, self._state) from None
            raise SourceError(
                f"what comes from {self.location} cannot be kept: {error}",
                hint=f"mainsql keeps it under '{self._state}', which must be writable",
            ) from None

    def _refuse_whole(self, revision: int) -> None:
        """With its root watched, a repository's every branch and tag would be a part of the tree."""
        if self._location.branch is not None:
            return
        node = self._folder.node(revision, str(revision))
        if node is not None and not node.path and self._folder.has_trunk(node.root):
            raise SourceError(
                f"{self.location} is a whole repository, with a trunk",
                hint=f"name the folder that is to be watched: {self.location}/trunk, or, in mainsql.toml, "
                'branch = "trunk" (or "branches/x"; "/" is the whole repository)',
            )

    def _not_in_history(self, commit_id: str) -> SourceError:
        return SourceError(f"'{commit_id}' is not the id of a commit in this history of {self.name}")


def open_svn(url: str, *, branch: str | None, state: Path, access: Access | None = None) -> SvnRepository:
    """Opens what svn can read, as whom the URL or ``access`` says. Raises SourceError."""
    location = parse_svn_location(url, branch).as_whom(access or Access())
    return SvnRepository(location, state=state)


def _number(commit_id: str) -> int:
    return int(commit_id[1:])


def _key(commit_id: str, node: Node) -> str:
    """What an export is kept by. A repository that was restored may have other revisions of a number."""
    which = "\0".join((node.uuid, node.path, node.changed))
    return f"{commit_id}-{hashlib.sha256(which.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
