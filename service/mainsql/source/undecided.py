"""A repository at a URL that git and svn can both read: its server is asked which of the two it is."""

import re
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.model import Commit, Vcs
from mainsql.source.access import Access
from mainsql.source.keys import Keys
from mainsql.source.location import parse_location
from mainsql.source.mirror import Mirror
from mainsql.source.references import Reference
from mainsql.source.repository import Change, Files, Repository, Signature
from mainsql.source.svnfolder import SvnFolder
from mainsql.source.svnlocation import parse_svn_location
from mainsql.source.svnprogram import CONFIG_FOLDER


class Undecided:
    """A repository of a kind that is not known until its server has answered a ``fetch``.

    From then on it is what ``open_as`` gives for that kind; see ``Repository`` for what its methods do.
    A server that is away is no reason to take it for either.
    """

    def __init__(
        self,
        url: str,
        open_as: Callable[[Vcs], Repository],
        *,
        branch: str | None,
        state: Path,
        access: Access,
    ) -> None:
        """Raises SourceError for a URL that one of the two is not given."""
        location = parse_svn_location(url, branch)
        self._name = location.name
        self._location = parse_location(url).url
        self._branch = branch
        self._open_as = open_as
        whom = location.as_whom(access)
        if whom.password is None and whom.password_file is None:
            whom = replace(
                whom, username=None
            )  # svn has it among its arguments, and it may be a token of git's
        self._svn = SvnFolder(whom, state.absolute() / CONFIG_FOLDER)
        self._git = Mirror(parse_location(url), reference=Reference(), state=state, access=access)
        self._deciding = threading.Lock()
        self._decided: Repository | None = None

    @property
    def name(self) -> str:
        """The last part of its URL, before ``trunk`` and the like."""
        return self._decided.name if self._decided else self._name

    @property
    def location(self) -> str:
        """The URL, without user and password."""
        return self._decided.location if self._decided else self._location

    @property
    def watched(self) -> str:
        """The branch, or ``HEAD``."""
        return self._decided.watched if self._decided else self._branch or "HEAD"

    def decide(self) -> Repository:
        """The repository as what it is. Raises SourceUnavailable while its server does not say."""
        with self._deciding:
            if self._decided is None:
                self._decided = self._open_as(self._kind())
            return self._decided

    def fetch(self) -> None:
        """As that of its kind, which is found out if it is not known."""
        self.decide().fetch()

    def head(self) -> Commit:
        """The newest commit that was fetched."""
        return self._known.head()

    def commit(self, revision: str) -> Commit:
        """The commit that a revision names."""
        return self._known.commit(revision)

    def files(self, commit_id: str) -> Files:
        """The files of a commit."""
        return self._known.files(commit_id)

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether one commit is the other or comes before it."""
        return self._known.is_ancestor(ancestor, descendant)

    def still_has(self, commit: Commit) -> bool:
        """Whether what has the id of this commit is still this commit."""
        return self._known.still_has(commit)

    def changes(self, base: str, head: str) -> Sequence[Change]:
        """The commits after ``base`` up to and including ``head``."""
        return self._known.changes(base, head)

    def signatures(self, commit_id: str, after: Collection[str] | None, keys: Keys) -> Sequence[Signature]:
        """The signatures of a commit, and of those before it that are not in ``after``."""
        return self._known.signatures(commit_id, after, keys)

    def close(self) -> None:
        """Ends what asks now, and closes what it is."""
        self._svn.stop()
        self._git.git.stop()
        if self._decided:
            self._decided.close()

    @property
    def _known(self) -> Repository:
        if self._decided is None:
            raise SourceUnavailable(f"nothing has been fetched from {self._location} yet")
        return self._decided

    def _kind(self) -> Vcs:
        try:
            if self._svn.is_there():
                return Vcs.SVN
            svn_says = "there is no such folder"
        except SourceUnavailable as error:
            svn_says = self._reason(error)
        except SourceError:  # there is no svn here
            svn_says = None
        try:
            self._git.ask()
        except SourceUnavailable as error:
            if svn_says is None:
                raise
            git_says = self._reason(error)
            raise SourceUnavailable(
                f"{self._location} can be read neither by git ({git_says}) nor by svn ({svn_says})",
                hint=f'{error.hint}; vcs = "git" or vcs = "svn" (--vcs) says which of the two it is',
            ) from None
        return Vcs.GIT

    def _reason(self, error: SourceUnavailable) -> str:
        """What is in the way, where the error begins with the URL."""
        if not error.message.startswith(self._location):
            return error.message
        return re.sub(r".*? cannot be (fetched|read): ", "", error.message, count=1)
