"""What every kind of repository can do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from mainsql.model import Commit, Signer, Stored
from mainsql.source.keys import Keys


class Files(Protocol):
    """The files of one commit, read from the repository itself, never from a checkout."""

    def paths(self) -> Collection[str]:
        """The paths of all files, relative to the repository's root, with ``/`` between folders."""

    def read(self, path: str) -> bytes | Stored | None:
        """The contents of a file, or None where the commit has no such file; stored if it is large.

        A symbolic link is followed inside the commit, also when it is a folder on the way.
        Raises SourceError for a link that leaves the repository or leads in circles, and for what
        is in a submodule.
        """

    def edited_since(self, before: "Files", among: Collection[str]) -> frozenset[str] | None:
        """Those of the paths ``among`` whose contents are others than in another commit's files.

        None where that is not all that may matter to who has read no more than those: where files have
        come or gone, a link or submodule differs, or one of them is no regular file in both commits.
        """


@dataclass(frozen=True, slots=True)
class Change:
    """A commit on the way from one to another, and the paths that differ from its first parent."""

    commit: Commit
    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verified:
    """A commit with a signature that counts."""

    commit: Commit
    signer: Signer


@dataclass(frozen=True, slots=True)
class Unverified:
    """A commit without one: ``what`` is the matter (as "is not signed"), and the way out.

    ``tampered`` says that somebody signed another commit than it is now.
    """

    commit: Commit
    what: str
    hint: str
    tampered: bool = False


Signature = Verified | Unverified


class Repository(Protocol):
    """A repository that is polled. Safe to use from several threads."""

    @property
    def name(self) -> str:
        """A short name for people: that of its origin or folder, without ``.git``."""

    @property
    def location(self) -> str:
        """Where it is: an absolute path, or a URL without its password; the same each time."""

    @property
    def watched(self) -> str:
        """The name of the branch that is watched, or ``HEAD`` where that is on none."""

    def fetch(self) -> None:
        """Bring what the origin has into reach. Nothing to do for a local one.

        Raises SourceUnavailable when the origin cannot be reached now, SourceError when it never will.
        """

    def head(self) -> Commit:
        """The newest commit of the watched branch. Raises SourceError when there is none."""

    def commit(self, revision: str) -> Commit:
        """The commit that a revision names (a hash, a branch, a tag). Raises SourceError."""

    def files(self, commit_id: str) -> Files:
        """The files of a commit. Raises SourceError when it is not there."""

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether one commit is the other or comes before it; False when either is not there.

        Nor does a commit that a shallow clone has cut off come before anything. Raises SourceError
        when the repository cannot be read.
        """

    def still_has(self, commit: Commit) -> bool:
        """Whether what has the id of this commit is still this commit.

        A hash says so by itself. The number of a revision may have been given out again, as in a
        repository that was restored from a backup. Raises SourceError when it cannot be read.
        """

    def changes(self, base: str, head: str) -> Sequence[Change]:
        """The first-parent commits after ``base`` up to and including ``head``, oldest first.

        Raises SourceError when either is not there.
        """

    def signatures(self, commit_id: str, after: Collection[str] | None, keys: Keys) -> Sequence[Signature]:
        """The signatures of a commit, and of all before it that are not in ``after``, nor before those.

        The oldest first, over all parents; with ``after`` None only its own. Raises SourceError when
        the commit is not there, or nothing can be verified, as for lack of a file or a program, or
        where there are no signatures.
        """

    def close(self) -> None:
        """Ends the processes that it holds. Using it again starts them anew."""
