"""What comes from a repository."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Vcs(StrEnum):
    """The kinds of repository that there are."""

    GIT = "git"
    SVN = "svn"


@dataclass(frozen=True, slots=True)
class Commit:
    """One revision of a repository. ``id`` is the full hash (git) or ``rN`` (Subversion)."""

    id: str
    author: str
    message: str
    committed_at: datetime

    @property
    def short(self) -> str:
        """The id as people write it."""
        return self.id if self.id.startswith("r") else self.id[:10]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose signature of a commit was verified.

    ``name`` is what the file of keys says (a principal for SSH, a user id for OpenPGP), ``key`` the
    fingerprint of the key (for OpenPGP the primary one's).
    """

    name: str
    key: str

    def __str__(self) -> str:
        return f"{self.name} ({self.key})"
