"""Where a Subversion repository is: what its URL and branch say, and as whom it is read."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote

from mainsql.errors import SourceError
from mainsql.redaction import redact
from mainsql.source.access import Access
from mainsql.source.location import name_in

_PARTS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/]*)(?P<path>/.*|)")
_SCHEMES = ("svn", "svn+ssh", "file", "http", "https")
_WHAT_GOES = "a Subversion repository is a URL: svn://…, svn+ssh://…, https://…, http://…, file://…"
_BRANCH = re.compile(r"/(?:trunk|(?:branches|tags)/[^/]+)$")


@dataclass(frozen=True, slots=True)
class SvnLocation:
    """A folder in a repository. ``url`` holds neither user nor password (but for svn+ssh, the user)."""

    url: str
    name: str
    branch: str | None = None
    username: str | None = None
    password: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None

    def __repr__(self) -> str:
        return f"SvnLocation({self.url!r})"

    @property
    def watched(self) -> str:
        """The branch as it was given or as the URL ends, ``HEAD`` where that goes to no usual folder."""
        if self.branch is not None:
            return self.branch
        found = _BRANCH.search(self.url)
        return found.group()[1:] if found else "HEAD"

    def exports_in(self, state: Path) -> Path:
        """Where what is read of it is kept under the state folder."""
        identity = hashlib.sha256(f"{self.username or ''} {self.url}".encode()).hexdigest()
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name)[:40].strip(".-")
        return state.absolute() / f"{readable}-{identity[:12]}.svn"

    def as_whom(self, access: Access) -> "SvnLocation":
        """The folder, read as ``access`` says, where it does."""
        known = replace(self, username=access.username or self.username, ca_file=access.ca_file)
        if access.password is None and access.password_file is None:
            return known
        return replace(known, password=access.password, password_file=access.password_file)


def parse_svn_location(url: str, branch: str | None = None) -> SvnLocation:
    """The folder at a URL, or that of a branch (``trunk``, ``branches/x``; ``/`` is the root) below it.

    Raises SourceError for what is not given to svn: what could be taken for an option, a tunnel
    (``svn+foo://`` runs a command) other than ssh, and a password where svn would show it.
    """
    found = _PARTS.fullmatch(url)
    if not url.isprintable() or found is None:
        raise SourceError(f"{_shown(url)} is not a URL that svn can read", hint=_WHAT_GOES)
    scheme, path = found["scheme"].lower(), found["path"]
    if scheme not in _SCHEMES:
        what = (
            "uses no tunnel but ssh" if scheme.startswith("svn+") else f"does not read {scheme}:// with svn"
        )
        raise SourceError(f"mainsql {what}", hint=_WHAT_GOES)
    userinfo, _, host = found["host"].rpartition("@")
    if host.startswith("-") or userinfo.startswith("-"):
        raise SourceError(f"'{host}' is an option, not a host", hint=_WHAT_GOES)
    username, colon, password = userinfo.partition(":")
    username, password = unquote(username), unquote(password)
    if not (username + password).isprintable() or username.startswith("-"):
        raise SourceError(f"the user or password in {_shown(url)} cannot be one")
    bare = url if scheme in ("svn+ssh", "file") else f"{found['scheme']}://{host}{path}"
    if redact(bare) != bare or (colon and "@" in bare):  # that may be of the password
        raise SourceError(
            f"the password in {_shown(url)} would be visible to every user of this machine",
            hint="svn://, http:// and https:// URLs take a password, with its special characters as %XX "
            "(@ is %40, / is %2F), also behind the host; for ssh use a key",
        )
    bare = bare.rstrip("/")
    name = name_in(_BRANCH.sub("", bare))
    if branch is not None:
        bare += _below(branch)
    if scheme in ("svn+ssh", "file"):
        return SvnLocation(bare, name, branch)
    return SvnLocation(bare, name, branch, username or None, password if colon else None)


def quoted(path: str) -> str:
    """A path in a repository as svn writes it in a URL: "The URI-encoding" of Subversion's svn_path.h."""
    return quote(path, safe="/!$&'()*+,-.:=@_~", errors="surrogateescape")


def _below(branch: str) -> str:
    if branch == "/":
        return ""
    parts = branch.removesuffix("/").split("/")
    if branch.startswith("-") or not branch.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise SourceError(
            f"{branch!r} cannot be a branch of a Subversion repository",
            hint="it is a folder's path, from the repository's URL: trunk, or branches/x; / is the root",
        )
    return "/" + quoted("/".join(parts))


def _shown(url: str) -> str:
    return f"'{url}'" if url.isprintable() else repr(url)
