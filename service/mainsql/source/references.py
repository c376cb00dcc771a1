"""What of a git repository is watched: a branch, the newest of some tags, or whatever its HEAD is."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mainsql.errors import SourceError
from mainsql.source.gitprogram import GitProgram

HEADS, TAGS = "refs/heads/", "refs/tags/"

# 1.2-rc1, and not 2026-11-25: what stands behind a hyphen in it begins with a letter.
_PRE_RELEASE = re.compile(r"\d-[A-Za-z]")
_WANTS_PRE_RELEASES = re.compile(r"[\d*?\]]-")
# Whatever comes behind a hyphen comes before the same without it: 1.2-rc1, 1.2-rc2, 1.2.
_BY_VERSION = ("-c", "versionsort.suffix=-", "for-each-ref", "--sort=-version:refname")
_PARTS = "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(*objecttype)"


@dataclass(frozen=True, slots=True)
class Reference:
    """A branch, the newest of the tags that match one of the patterns, or, without both, HEAD.

    A pattern is as in a shell, ``v*``. Tags of pre-releases match only a pattern that has a hyphen
    where they have it, as ``v*-*``.
    """

    branch: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How git calls the branch, or HEAD."""
        return f"{HEADS}{self.branch}" if self.branch else "HEAD"

    @property
    def asked(self) -> tuple[str, ...]:
        """What the origin is asked for."""
        return tuple(f"{TAGS}{pattern}" for pattern in self.tags) or (self.name,)

    def takes(self, name: str) -> bool:
        """Whether a tag, by its full name, is one of those that count."""
        tag = name.removeprefix(TAGS)
        return tag != name and any(
            fnmatchcase(tag, pattern)
            and (not _PRE_RELEASE.search(tag) or bool(_WANTS_PRE_RELEASES.search(pattern)))
            for pattern in self.tags
        )


def checked(branch: str | None, tags: tuple[str, ...]) -> Reference:
    """What is to be watched, if it can have such a name. Raises SourceError."""
    if branch is None:
        return Reference(None, tags)
    branch = branch.removeprefix(HEADS)
    if branch.startswith("-") or GitProgram(None).run("check-ref-format", f"{HEADS}{branch}").status:
        raise SourceError(
            f"'{branch}' cannot be the name of a branch",
            hint="git-check-ref-format(1) says what can",
        )
    return Reference(branch)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag by its full name, what it is, and whether it is on a commit."""

    name: str
    object_id: str
    is_on_commit: bool

    @property
    def short(self) -> str:
        """The name as people write it."""
        return self.name.removeprefix(TAGS)


def tags_in(git: GitProgram) -> list[Tag]:
    """All tags of a repository, the newest version first. Raises SourceError."""
    listed = git.run(*_BY_VERSION, _PARTS, TAGS)
    if listed.status:
        raise SourceError(f"git cannot list the tags: {listed.reason}")
    rows = (line.split("\0") for line in listed.text.splitlines())
    return [Tag(name, object_id, "commit" in kinds) for name, object_id, *kinds in rows]
