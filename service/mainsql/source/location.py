"""What the URL of a repository says: is it a folder here, or something git must fetch, and as whom."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from mainsql.errors import SourceError
from mainsql.redaction import redact

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HELPER = re.compile(r"[A-Za-z0-9+.-]*::")
_FETCHED = ("file", "http", "https", "ssh", "git", "git+ssh", "ssh+git")
_WHAT_GOES = (
    "a repository is a folder, or a URL: https://…, http://…, ssh://…, git://…, file://…, host:path; "
    "of Subversion also svn://…, svn+ssh://…"
)
_ONE_SLASH = re.compile(r"(https?|ssh|svn|svn\+ssh|file):/", re.IGNORECASE)
_USER_AND_PASSWORD = re.compile(r"([^:/]+):[^/]*@(?=[^/]*:)")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a repository is fetched from. ``url`` holds neither user nor password (but for ssh, the user)."""

    url: str
    name: str
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Location({self.url!r})"


def is_local(url: str) -> bool:
    """Whether a repository's URL is a path on this machine that is read in place.

    As git decides it (git-fetch(1), "GIT URLS"): anything without a scheme, in which no colon
    stands before the first slash. ``file://`` is fetched like any other URL.
    """
    if _SCHEME.match(url) or _HELPER.match(url):
        return False
    return ":" not in url.partition("/")[0]


def parse_location(url: str) -> Location:
    """The parts of a URL that git fetches from. Raises SourceError for one that is not given to git.

    That is what could be taken for an option, a remote helper (``ext::…`` runs commands), and a
    password where git would show it to every user of the machine.
    """
    _refuse_hostile(url)
    if not _SCHEME.match(url):  # host:path, as scp has it
        return Location(_without_scheme(url), name_in(url))
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises, too
    except ValueError:  # its text may hold a part of the password
        raise SourceError(
            f"'{url}' is not a URL that git can fetch",
            hint="write the special characters of a user name or password as %XX (@ is %40, / is %2F)",
        ) from None
    if parts.scheme.lower() not in _FETCHED:
        raise SourceError(f"mainsql does not fetch from {parts.scheme}://", hint=_WHAT_GOES)
    if not parts.hostname and parts.scheme.lower() != "file":
        raise SourceError(f"there is no host in '{url}'", hint=_WHAT_GOES)
    if not parts.scheme.lower().startswith("http"):
        return Location(_without_password(url, url), name_in(url))
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (username + password).isprintable():
        raise SourceError(f"the user or password in '{url}' has control characters in it")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    given = parts.password is not None  # it may be empty: some tokens are a name without a password
    bare = _without_password(bare, url, given=given)
    return Location(bare, name_in(bare), username or None, password if given else None)


def name_in(url: str) -> str:
    """The name that people know the repository at a URL or path by: its last part, without ``.git``."""
    if _SCHEME.match(url):
        host, _, there = url.partition("://")[2].rpartition("@")[2].partition("/")
        path = PurePosixPath(unquote(there))
    else:
        host, _, there = ("", "", url) if is_local(url) else url.partition(":")
        path = PurePosixPath(there)
    named = path.parent if path.name == ".git" else path
    return named.name.removesuffix(".git") or host.rpartition("@")[2] or "repository"


def _refuse_hostile(url: str) -> None:
    if url.startswith("-"):
        raise SourceError(f"'{url}' is an option, not a repository", hint=_WHAT_GOES)
    if _HELPER.match(url):
        raise SourceError(
            f"mainsql does not use git's remote helpers ({url.partition('::')[0]}::…)",
            hint=_WHAT_GOES,
        )
    if not url.isprintable():
        raise SourceError(f"{url!r} has control characters in it", hint=_WHAT_GOES)


def _without_scheme(url: str) -> str:
    if _ONE_SLASH.match(url):
        raise SourceError(f"there are two slashes behind {url.partition(':')[0]}: in a URL", hint=_WHAT_GOES)
    if found := _USER_AND_PASSWORD.match(url):
        raise SourceError(
            f"'{found[1]}:***@{url[found.end() :]}' has a password in it, which ssh does not take",
            hint="use a key: git@host:path",
        )
    return url


def _without_password(stripped: str, url: str, *, given: bool = False) -> str:
    """``given`` one that was found, and taken out: another @ may then be of it, and not of the path."""
    if redact(stripped) != stripped or (given and "@" in stripped):
        raise SourceError(
            f"the password in '{url}' would be visible to every user of this machine",
            hint="only http:// and https:// URLs take a password, with its special characters as %XX "
            "(@ is %40, / is %2F), also behind the host; for ssh use a key",
        )
    return stripped
