"""How git gets in where a repository is: with a password or a key, and without asking anybody."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.source.gitprogram import GitProgram
from mainsql.source.location import Location

_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n"'
    ' "$MAINSQL_GIT_USERNAME" "$MAINSQL_GIT_PASSWORD"; true; }; f'
)
# The file is read each time that git needs it: whoever renews the password in it need not tell anybody.
_FILE_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n"'
    ' "$MAINSQL_GIT_USERNAME" "$(head -n 1 "$MAINSQL_GIT_PASSWORD_FILE" | tr -d "\\r")"; true; }; f'
)
NOT_TRUSTED = (
    'ca_file = "FILE" names the authority that the server\'s certificate is from, where that is not one '
    "that the system trusts; what has expired, or is of another host, has to be renewed there"
)
"""What to do about a certificate that does not count. None is ever accepted unseen."""

_TOKEN = 16
"""As many characters may be a token that stands where a user does, as in https://TOKEN@host/path."""
_ANY_USER = "git"  # what servers take a token with that has no user of its own
_PROTOCOLS = "file:git:http:https:ssh"


@dataclass(frozen=True, slots=True)
class Access:
    """As whom a repository is fetched, where its URL and the user's own settings do not say it.

    ``username`` and ``password``, or the file that holds it, are for http and https, and for svnserve;
    ``ssh_key`` (a file with a private key without a passphrase) and ``known_hosts`` are for git over ssh;
    ``ca_file`` (certificates in PEM) is for https: whose certificates of servers are trusted.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    ssh_key: Path | None = None
    known_hosts: Path | None = None
    ca_file: Path | None = None

    def to(self, location: Location) -> Location:
        """The location, as somebody who may be another one than its URL says."""
        if self.password is None and self.password_file is None:
            return replace(location, username=self.username or location.username)
        username = self.username or location.username or _ANY_USER
        return replace(location, username=username, password=self.password)

    def check(self) -> None:
        """Raises SourceUnavailable for a file that cannot be read: git would say that it cannot log in."""
        for path in (self.password_file, self.ssh_key, self.known_hosts, self.ca_file):
            if path is not None:
                contents_of(path)

    def environment(self, location: Location) -> dict[str, str]:
        """What lets git in, with nothing secret among its arguments.

        ``location`` is what ``to`` gave.
        """
        environment = {"GIT_ALLOW_PROTOCOL": _PROTOCOLS}
        if location.url.startswith(("file://", "git://")):
            return environment
        if location.url.lower().startswith("http"):
            return environment | self._http(location)
        return environment | self._ssh()

    def secrets(self, location: Location) -> set[str]:
        """What must not be shown, however it is written."""
        secrets = {s for s in (location.password,) if s}
        if not location.password and len(location.username or "") >= _TOKEN:
            secrets.add(location.username or "")
        return secrets | {quote(s, safe="") for s in secrets}

    def _http(self, location: Location) -> dict[str, str]:
        parts = urlsplit(location.url)
        scope = f"credential.{parts.scheme}://{parts.netloc}"
        settings: list[tuple[str, str]] = []
        environment: dict[str, str] = {}
        if location.username:
            settings.append((f"{scope}.username", location.username))
        if location.password is not None or self.password_file is not None:
            # The empty one takes the user's helpers out: they would keep the password.
            helper = _HELPER if self.password_file is None else _FILE_HELPER
            settings += [(f"{scope}.helper", ""), (f"{scope}.helper", helper)]
            environment["MAINSQL_GIT_USERNAME"] = location.username or ""
            environment["MAINSQL_GIT_PASSWORD"] = location.password or ""
            environment["MAINSQL_GIT_PASSWORD_FILE"] = str(self.password_file or "")
        if self.ca_file is not None:
            environment["GIT_SSL_CAINFO"] = str(self.ca_file)
        return environment | _as_environment(settings)

    def _ssh(self) -> dict[str, str]:
        own = [*self._ssh_options()]
        given = os.environ.keys() & {"GIT_SSH_COMMAND", "GIT_SSH"}
        if not own and (given or GitProgram(None).run("config", "--get", "core.sshCommand").output.strip()):
            return {}
        options = ("BatchMode=yes", "StrictHostKeyChecking=yes", *own)
        command = ["ssh", *(part for option in options for part in ("-o", option))]
        return {"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh"}

    def _ssh_options(self) -> Iterator[str]:
        if self.ssh_key is not None:
            yield f"IdentityFile={_quoted(self.ssh_key)}"
            yield "IdentitiesOnly=yes"
        if self.known_hosts is not None:
            yield f"UserKnownHostsFile={_quoted(self.known_hosts)}"
            yield "GlobalKnownHostsFile=none"


def contents_of(path: Path) -> bytes:
    """What is in a file now. Raises SourceUnavailable where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceUnavailable(
            f"'{path}' cannot be read: {error.strerror}",
            hint="put the file there, readable for the user that mainsql runs as",
        ) from None


def _quoted(path: Path) -> str:
    """A path as a value of ssh_config(5), where a space ends it and a percent sign begins a token."""
    if '"' in str(path):
        raise SourceError(f"ssh cannot be given the path {path}", hint="there must be no quote in it")
    return '"' + str(path).replace("%", "%%") + '"'


def _as_environment(settings: list[tuple[str, str]]) -> dict[str, str]:
    """Settings for git, behind those that the user has put into the environment himself."""
    if not settings:
        return {}
    given_count = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(given_count) if given_count.isdecimal() else 0
    environment = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (key, value) in enumerate(settings, first):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment
